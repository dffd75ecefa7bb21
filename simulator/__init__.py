"""A twin of Sendblue over HTTP: the demo account, the other side of every test, the load target.

It stands alone on the other side of the wire: nothing of the inbox is imported here, and nothing
here is imported by the inbox. What it does and refuses follows the Sendblue API contract; a
section number in a docstring ("contract 1.4") points into that document.
"""
