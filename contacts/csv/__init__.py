"""Reading lists of people from CSV files as they come: any encoding, delimiter and header.

Nothing here writes to the database, and nothing holds more than a few rows at a time.
"""

from .detecting import Dialect, detect
from .mapping import Column, guess_columns
from .reading import Record, Unusable, records

__all__ = ["Column", "Dialect", "Record", "Unusable", "detect", "guess_columns", "records"]
