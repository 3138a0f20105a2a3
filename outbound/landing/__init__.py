"""Landing zones: where an account drops its files and reads its answers: a folder, an SFTP server's, a bucket."""
