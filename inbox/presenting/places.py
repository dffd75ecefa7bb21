"""Places that people share."""

from __future__ import annotations


def map_url(location: dict[str, float] | None) -> str:
    """OpenStreetMap's page of a place, with a mark on it; empty for no place."""
    if not location:
        return ""
    latitude, longitude = float(location["latitude"]), float(location["longitude"])
    spot = f"{latitude:.6f}/{longitude:.6f}"
    mark = f"mlat={latitude:.6f}&mlon={longitude:.6f}"
    return f"https://www.openstreetmap.org/?{mark}#map=16/{spot}"
