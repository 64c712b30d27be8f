"""Stands for sqlite3, which this site does not bring: IPython imports it, and keeps no history."""


class Error(Exception):
    pass


class DatabaseError(Error):
    pass


class OperationalError(DatabaseError):
    pass


class IntegrityError(DatabaseError):
    pass


class Connection:
    pass


PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2


def connect(*arguments, **options):
    raise OperationalError("sqlite3 is not in the notebooks of this site")
