"""Addresses that a stranger may name as the place of a file: which are asked and which are not."""

from __future__ import annotations

# What a name resolves to; literals stand for themselves.
NAMES: dict[str, list[str]] = {
    "cdn.example.com": ["142.250.74.91"],
    "six.example.com": ["2a00:1450:4001:82b::201b"],
    "both.example.com": ["142.250.74.91", "2a00:1450:4001:82b::201b"],
    "mixed-private.example.com": ["142.250.74.91", "10.0.0.5"],
    "mixed-loopback.example.com": ["127.0.0.1", "142.250.74.91"],
    "mixed-metadata.example.com": ["142.250.74.91", "8.8.8.8", "169.254.169.254"],
    "mixed-six.example.com": ["142.250.74.91", "::1"],
    "mixed-link.example.com": ["2a00:1450:4001:82b::201b", "fe80::1"],
    "mixed-ula.example.com": ["2a00:1450:4001:82b::201b", "fd00:ec2::254"],
    "inside.example.com": ["192.168.1.10"],
    "metadata.google.internal": ["169.254.169.254"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.localdomain": ["127.0.0.1"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "db": ["10.0.3.7"],
    "kubernetes.default.svc": ["10.96.0.1"],
    # Spellings that the C library takes for addresses.
    "2130706433": ["127.0.0.1"],
    "0x7f000001": ["127.0.0.1"],
    "0x7f.1": ["127.0.0.1"],
    "0177.0.0.1": ["127.0.0.1"],
    "017700000001": ["127.0.0.1"],
    "127.1": ["127.0.0.1"],
    "127.0.1": ["127.0.0.1"],
    "0": ["0.0.0.0"],
    "2852039166": ["169.254.169.254"],
    "0xa9fea9fe": ["169.254.169.254"],
    "169.254.43518": ["169.254.169.254"],
    "0xa.0.0.1": ["10.0.0.1"],
}

_IPS = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.10.10.10 10.255.255.255
100.64.0.0 100.64.0.1 100.100.100.200 100.127.255.255
127.0.0.0 127.0.0.1 127.0.0.53 127.1.2.3 127.255.255.254 127.255.255.255
168.63.129.16 169.254.0.0 169.254.0.1 169.254.169.253 169.254.169.254 169.254.170.2 169.254.255.255
172.16.0.0 172.16.0.1 172.17.0.1 172.20.10.1 172.31.255.255
192.0.0.0 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170 192.0.0.171 192.0.0.192
192.0.0.255 192.0.2.0 192.0.2.1 192.0.2.255 192.52.193.1 192.88.99.0 192.88.99.1 192.88.99.2
192.168.0.0 192.168.0.1 192.168.1.1 192.168.255.255 198.18.0.0 198.18.0.1 198.19.255.255
198.51.100.0 198.51.100.7 203.0.113.0 203.0.113.255 224.0.0.0 224.0.0.1 224.0.0.251
233.252.0.1 239.255.255.250 239.255.255.255 240.0.0.0 240.0.0.1 254.1.2.3 255.255.255.254
255.255.255.255
:: ::1 ::2 ::7f00:1 ::10.0.0.1 ::127.0.0.1 ::169.254.169.254 ::192.168.0.1 ::8.8.8.8 ::ffff
::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:172.16.0.1
::ffff:192.168.0.1 ::ffff:8.8.8.8 ::ffff:168.63.129.16 ::ffff:a9fe:a9fe ::ffff:100.64.0.1
::ffff:0:0:1 ::ffff:0:a9fe:a9fe ::ffff:0:7f00:1 ::ffff:0:808:808 ::ffff:0:10.0.0.1
64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::192.168.0.1
64:ff9b::100.64.0.1 64:ff9b::172.16.0.1 64:ff9b::0.0.0.0 64:ff9b::224.0.0.1
64:ff9b::168.63.129.16 64:ff9b::192.88.99.1 64:ff9b::198.18.0.1 64:ff9b::255.255.255.255
64:ff9b:1::8.8.8.8 64:ff9b:1::127.0.0.1 64:ff9b:1::10.0.0.1 64:ff9b:1:ffff::1 64:ff9b::1:808:808
100:: 100::1 100:0:0:1::1 2001:: 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:0:7f00:1::1 2001:0:a9fe:a9fe::1 2001:1::1 2001:1::2 2001:1::3 2001:2::1 2001:2:0:ffff::1
2001:3::1 2001:4:112::1 2001:5::1 2001:10::1 2001:1f:ffff::1 2001:20::1 2001:2f::1 2001:30::1
2001:1ff:ffff::1 2001:db8:: 2001:db8::1 2001:db8:ffff::1 2002:: 2002:7f00:1:: 2002:7f00:1::1
2002:a00:1::1 2002:a9fe:a9fe::1 2002:c0a8:1::1 2002:808:808::1 2002:a83f:8110::1
3ffe::1 3ffe:ffff::1 3fff::1 3fff:fff:ffff::1 4000::1 5f00::1 5f00:ffff::1 6000::1 8000::1 a000::1
e000::1 f000::1 fc00:: fc00::1 fd00::1 fd00:ec2::254 fd12:3456:789a::1 fdff:ffff::1
fe00::1 fe80:: fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 fec0:0:0:ffff::1 feff::1
ff00::1 ff01::1 ff02::1 ff02::2 ff02::fb ff05::2 ff08::1 ff0e::1 ffff::1
ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 1::1 200::1 400::1 1000::1 1fff:ffff::1
"""
FORBIDDEN_IPS = _IPS.split()

# Everything else that must not lead to a connection.
FORBIDDEN_URLS = [
    *(f"https://{name}/a.jpg" for name in NAMES if not name.startswith(("cdn.", "six.", "both."))),
    # Ports and schemes, on a machine that may be asked in the usual way.
    *(f"https://cdn.example.com:{port}/a.jpg" for port in (0, 22, 25, 80, 444, 6379, 8443, 65535)),
    *(f"http://cdn.example.com{port}/a.jpg" for port in ("", ":80", ":443", ":8080")),
    "https://cdn.example.com:99999/a.jpg",
    "https://cdn.example.com:-1/a.jpg",
    "https://cdn.example.com:4x3/a.jpg",
    "ftp://cdn.example.com/a.jpg",
    "file:///etc/passwd",
    "file://cdn.example.com/etc/passwd",
    "gopher://cdn.example.com:443/_GET",
    "dict://cdn.example.com:443/info",
    "ldap://cdn.example.com/a",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "jar:https://cdn.example.com/a!/b",
    "unix:/run/valkey.sock",
    "ws://cdn.example.com/a",
    "//cdn.example.com/a.jpg",
    "/a.jpg",
    "a.jpg",
    "",
    "https:///a.jpg",
    "https://",
    "https:cdn.example.com/a.jpg",
    # Userinfo, and what parsers disagree about.
    "https://user@cdn.example.com/a.jpg",
    "https://user:password@cdn.example.com/a.jpg",
    "https://@cdn.example.com/a.jpg",
    "https://cdn.example.com@127.0.0.1/a.jpg",
    "https://cdn.example.com:443@127.0.0.1/a.jpg",
    "https://127.0.0.1@cdn.example.com/a.jpg",
    "https://cdn.example.com%40127.0.0.1/a.jpg",
    "https://cdn.example.com\\@127.0.0.1/a.jpg",
    "https://127.0.0.1\\.cdn.example.com/a.jpg",
    "https:\\\\127.0.0.1\\a.jpg",
    "https://cdn.example.com\t.evil/a.jpg",
    "https://cdn.example.com\r\nHost: 127.0.0.1/a.jpg",
    "https://cdn.example.com/a.jpg\r\nX-Injected: 1",
    "https://cdn.example.com/a b.jpg",
    "https://cdn.example.com\x00.evil/a.jpg",
    "https://[::1%25lo]/a.jpg",
    "https://[fe80::1%25eth0]/a.jpg",
    "https://[fe80::1%eth0]/a.jpg",
    "https://[::1/a.jpg",
    "https://::1/a.jpg",
    "https://cdn.example.com,127.0.0.1/a.jpg",
    "https://cdn.example.com;127.0.0.1/a.jpg",
    "https://*.example.com/a.jpg",
    "https://cdn.example.com&@127.0.0.1#@x/a.jpg",
    # Digits and dots of other alphabets, which become plain ones on the way to the resolver.
    "https://①②⑦.⓪.⓪.①/a.jpg",
    "https://127。0。0。1/a.jpg",
    "https://127．0．0．1/a.jpg",
    "https://１２７.０.０.１/a.jpg",
    "https://𝟏𝟐𝟕.𝟎.𝟎.𝟏/a.jpg",
    "https://１６９.２５４.１６９.２５４/latest/meta-data/",
    "https://⑯⑨.②⑤④.①⑥⑨.②⑤④/a.jpg",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/a.jpg",
    "https://ｌｏｃａｌｈｏｓｔ/a.jpg",
    "https://localhost./a.jpg",
    "https://LOCALHOST/a.jpg",
    "https://LocalHost/a.jpg",
    "https://ſ" + "x" * 70 + ".example.com/a.jpg",
    "https://" + "a" * 64 + ".example.com/a.jpg",
]

LEGITIMATE = [
    *("142.250.74.91", "8.8.8.8", "1.1.1.1", "9.9.9.9", "34.117.59.81", "52.95.110.1"),
    *("104.16.132.229", "151.101.1.69", "185.199.108.153", "13.107.42.14", "17.253.144.10"),
    *("23.32.3.1", "99.84.1.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1"),
    *("169.253.255.255", "169.255.0.1", "168.63.129.15", "168.63.129.17", "172.15.255.255"),
    *("172.32.0.1", "192.167.255.255", "192.169.0.1", "192.0.1.1", "192.88.98.1", "198.17.255.255"),
    *("198.20.0.1", "203.0.112.1", "203.0.114.1", "223.255.255.254", "11.0.0.1", "9.255.255.255"),
    *("2a00:1450:4001:82b::201b", "2606:4700:4700::1111", "2620:fe::fe", "2001:4860:4860::8888"),
    *("2001:200::1", "2400:cb00::1", "2c0f:fb50::1", "3ffd::1", "2003::1", "2001:db7::1"),
    *("2001:db9::1", "64:ff9b::8.8.8.8", "64:ff9b::142.250.74.91"),
]
