"""The judge: a package, a language and a source in, a judgement out. Pure: knows no Redis, Flask or SQL."""
