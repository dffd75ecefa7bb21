"""`manage.py up` after its first second: one small process that keeps the others running.

It imports neither Django nor Celery, so it costs 10 MB where a Django process costs 60.
"""
