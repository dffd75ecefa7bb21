"""The Sendblue API v2 client: no models, no views, no queue. The lowest layer of the project."""
