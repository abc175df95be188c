"""Where revisions, marks and digests are kept: a file of SQLite, or Postgres for many proxies."""
