"""From the many exceptions of the network libraries to one clear line, and whether another try may help."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries.addresses import Address, printable, redact

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from requests import Response

_RETRIED = {429, 500, 502, 503, 504, *range(520, 528)}
_LONGEST_PAUSE = 30.0  # seconds that we let a server ask for by Retry-After
_CREDENTIALS = "put them in the index address, in netrc or in the keyring"
_REASONS: tuple[tuple[set[str], str], ...] = (
    ({"IncompleteRead", "InvalidChunkLength"}, "the answer is truncated: the connection closed before its end"),
    ({"ContentDecodingError", "DecodeError"}, "the answer is damaged: its compression cannot be undone"),
    ({"ConnectionResetError", "RemoteDisconnected", "BrokenPipeError"}, "the server closed the connection"),
    ({"BadStatusLine", "LineTooLong", "UnknownProtocol"}, "the server does not speak HTTP"),
)


class TransientError(UpstreamError):
    """A fault that may be gone at the next try; `pause` is how many seconds the server asked for."""

    def __init__(self, message: str, *, pause: float | None = None) -> None:
        """Keep the line and the pause."""
        super().__init__(message)
        self.pause = pause


@contextmanager
def clear_faults(address: Address, timeout: float, proxy: str | None) -> Iterator[None]:
    """Turn whatever the network libraries raise into UpstreamError or TransientError about `address`."""
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except UpstreamError:
        raise
    except (RequestException, HTTPError, OSError, ValueError) as error:
        fault = _fault(error, address, timeout, proxy)
        # The library's own exceptions quote requests and proxies: leave them out of the chain.
        fault.__suppress_context__ = True
        raise fault from None


def _fault(error: Exception, address: Address, timeout: float, proxy: str | None) -> UpstreamError:
    import ssl

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_fault(cause, address)
    kinds = {type(cause).__name__ for cause in causes}
    if "ended prematurely" in str(error):
        kinds.add("IncompleteRead")  # urllib3 has no exception of its own for chunks that stop
    if proxy and kinds & {"ProxyError", "ProxySchemeUnknown", "ProxySchemeUnsupported", "InvalidProxyURL"}:
        return _proxy_fault(causes, address, proxy)
    if "SOCKS" in str(error):
        return UpstreamError(f"{address}: the proxy {redact(proxy or '')} needs SOCKS support, which is not installed")
    reason = _reason(causes, kinds, address, timeout)
    if reason is not None:
        return TransientError(f"{address}: {reason}")
    if kinds & {"InvalidURL", "LocationParseError", "LocationValueError", "UnicodeError", "InvalidHeader"}:
        return UpstreamError(f"{address}: not a usable address")
    return TransientError(f"{address}: the connection failed ({type(causes[-1]).__name__})")


def _reason(causes: list[BaseException], kinds: set[str], address: Address, timeout: float) -> str | None:
    """Say what went wrong where another try may help."""
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"unknown host {printable(address.origin.host)}"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{address.origin.netloc} refused the connection"
    if kinds & {"ConnectTimeoutError", "ReadTimeoutError", "TimeoutError", "timeout"}:
        return f"no answer within {timeout:g} s"
    said = [text for names, text in _REASONS if kinds & names]
    said += [printable(cause.strerror).lower() for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return said[0] if said else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what caused it, the outermost first."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        this = waiting.pop(0)
        if id(this) in seen:
            continue
        seen.add(id(this))
        yield this
        inner = (*this.args, getattr(this, "reason", None), this.__cause__, this.__context__)
        waiting.extend(one for one in inner if isinstance(one, BaseException))


def _tls_fault(error: ssl.SSLError, address: Address) -> UpstreamError:
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        reason = printable(error.verify_message or "verification failed")
        return UpstreamError(
            f"{address}: the TLS certificate of {address.origin.netloc} is not trusted: {reason}",
            hint="name the CA bundle that signs it with --cert",
        )
    reason = printable((error.reason or "handshake failed").replace("_", " ").lower())
    return UpstreamError(f"{address}: TLS with {address.origin.netloc} failed: {reason}")


def _proxy_fault(causes: list[BaseException], address: Address, proxy: str) -> UpstreamError:
    texts = " ".join(str(cause) for cause in causes)
    shown = redact(proxy if "://" in proxy else f"http://{proxy}")
    if " 407" in texts:
        return UpstreamError(f"{address}: the proxy {shown} needs credentials", hint="put them in the proxy address")
    if "Tunnel connection failed" in texts:
        return UpstreamError(f"{address}: the proxy {shown} refused the connection")
    return TransientError(f"{address}: the proxy {shown} cannot be reached")


def check_status(response: Response, address: Address, complaint: str | None, *, conditional: bool) -> None:
    """Raise the UpstreamError that a status stands for; a 304 is fine for a conditional request."""
    status = response.status_code
    if status in {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION}:
        return
    if status == HTTPStatus.NOT_MODIFIED and conditional:
        return
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise NotFoundUpstreamError(f"{address}: not found ({status})")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        sent = "Authorization" in response.request.headers
        what = "did not accept the credentials" if sent else "needs credentials"
        raise UpstreamError(f"{address}: {address.origin.netloc} {what} ({status})", hint=complaint or _CREDENTIALS)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise UpstreamError(f"{address}: the proxy needs credentials", hint="put them in the proxy address")
    message = f"{address}: the server answered {status}"
    if status in _RETRIED:
        raise TransientError(message, pause=_retry_after(response))
    raise UpstreamError(message)


def _retry_after(response: Response) -> float | None:
    said = response.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_PAUSE) if said.isascii() and said.isdigit() else None
