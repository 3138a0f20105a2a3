"""Opens an account's landing zone, whatever kind of store it is."""

from outbound.landing import address, login
from outbound.landing.address import Bucket, Folder
from outbound.landing.local import Local
from outbound.landing.zone import Zone


def open_zone(account: str, landing: str) -> Zone:
    """The zone of an account; a `with` block closes it. landing: its address. Raises WrongLanding, WrongLogin, Unreachable.

    The libraries of SFTP and S3 are imported where they are needed: most installations use one of the three.
    """
    where = address.parse(landing)
    if isinstance(where, Folder):
        return Local(where.path)
    if isinstance(where, Bucket):
        from outbound.landing.s3 import S3

        return S3(account, where, login.of(account))
    from outbound.landing.sftp import SftpZone

    return SftpZone(account, where, login.of(account))


def is_local(landing: str) -> bool:
    """Whether looking there needs no network of ours."""
    return isinstance(address.parse(landing), Folder)
