"""How a thread's timeline stands on screen. What is shown of a row is decided here, not in
templates."""

from .bubbles import Bubble, bubbles
from .extras import extras_of

__all__ = ["Bubble", "bubbles", "extras_of"]
