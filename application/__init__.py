"""Use cases, callable without HTTP: by the API, the command line, rehearsals and jobs."""
