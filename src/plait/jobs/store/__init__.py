"""Where jobs, their parts and what is promised to sinks are kept: a file of SQLite, or Postgres for many proxies."""
