"""The JSON schemas of requests and answers, one file a subject."""
