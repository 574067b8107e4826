"""Connections: kept alive and shared by all threads, with the person's proxy and certificates."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gatekeeper.errors import UpstreamError
from gatekeeper.registries._faults import clear_faults
from gatekeeper.registries.addresses import Address, Origin, printable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from requests import Response
    from requests.adapters import HTTPAdapter

    from gatekeeper.registries.http import NetworkSettings

_HOSTS = 32  # origins whose connections are kept
_PER_HOST = 32  # idle connections kept per origin
_PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}


class Connections:
    """Sends one request at a time per caller; threads share the pools of kept-alive connections.

    The adapters of requests are used without its sessions: a session would follow redirects, keep cookies and
    read netrc by itself.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        """Open nothing yet."""
        self._settings = settings
        self._adapters: dict[bool, HTTPAdapter] = {}
        self._proxies: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def send(self, address: Address, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Send one request (a POST when there is a body) and return once the headers are here.

        Raises UpstreamError or TransientError.
        """
        from requests import Request

        proxy = self._proxy(address)
        trusted = self._is_trusted(address.origin)
        adapter = self._adapter(trusted=trusted)
        with clear_faults(address, self._settings.timeout, proxy):
            method = "GET" if body is None else "POST"
            request = Request(method, address.url, headers=dict(headers), data=body).prepare()
            return adapter.send(
                request,
                stream=True,
                timeout=(self._settings.timeout, self._settings.timeout),
                verify=not trusted,
                proxies={"http": proxy, "https": proxy} if proxy else {},
            )

    def reading(self, address: Address) -> Any:  # noqa: ANN401 - a context manager
        """Turn what goes wrong while a body is read into UpstreamError or TransientError."""
        return clear_faults(address, self._settings.timeout, self._proxy(address))

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            for adapter in self._adapters.values():
                adapter.close()
            self._adapters.clear()

    def _proxy(self, address: Address) -> str | None:
        """Choose the proxy of an origin, once: going through the whole environment takes as long as many an answer."""
        key = str(address.origin)
        if key not in self._proxies:
            self._proxies[key] = self._chosen_proxy(address)
        return self._proxies[key]

    def _chosen_proxy(self, address: Address) -> str | None:
        """Choose the proxy: the setting, else the environment's (with its exceptions); an empty setting is none."""
        from requests.utils import get_environ_proxies, select_proxy

        if self._settings.proxy is not None:
            proxy = None if self._is_exempt(address.origin.host) else self._settings.proxy or None
        else:
            proxy = select_proxy(address.url, get_environ_proxies(address.url))
        if proxy is not None and not _is_proxy(proxy):
            raise UpstreamError("the proxy address is not usable", hint="write it as http://host:port")
        return proxy

    def _is_exempt(self, host: str) -> bool:
        return any(
            each in ("*", host) or host.endswith("." + each)
            for each in (name.strip().lstrip(".").lower() for name in self._settings.no_proxy)
            if each
        )

    def _is_trusted(self, origin: Origin) -> bool:
        names = {origin.host, f"{origin.host}:{origin.port}", f"[{origin.host}]", f"[{origin.host}]:{origin.port}"}
        return any(host.lower() in names for host in self._settings.trusted_hosts)

    def _adapter(self, *, trusted: bool) -> HTTPAdapter:
        with self._lock:
            if trusted not in self._adapters:
                context = _unverified_context() if trusted else _verified_context(self._settings.cert)
                _add_client_certificate(context, self._settings.client_cert)
                self._adapters[trusted] = _make_adapter(context)
            return self._adapters[trusted]


def _is_proxy(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        return parts.scheme in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _make_adapter(context: ssl.SSLContext) -> HTTPAdapter:
    """Make an adapter that leaves all questions of TLS to one context, which it shares between connections."""
    from requests.adapters import HTTPAdapter

    class ContextAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as inherited
            super().init_poolmanager(*args, **kwargs, ssl_context=context)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 - as inherited
            contexts = {"ssl_context": context}
            if proxy.lower().startswith("https"):
                contexts["proxy_ssl_context"] = context
            return super().proxy_manager_for(proxy, **kwargs, **contexts)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ANN401, ARG002 - as inherited
            # Inherited, this loads a whole CA bundle into the shared context for each new connection.
            conn.cert_reqs = "CERT_REQUIRED" if verify else "CERT_NONE"
            conn.ca_certs = conn.ca_cert_dir = None

    return ContextAdapter(pool_connections=_HOSTS, pool_maxsize=_PER_HOST)


def _verified_context(bundle: str | None) -> ssl.SSLContext:
    """Trust the bundle given or the environment's, else the one of requests; and the system's store beside it."""
    import os
    import ssl

    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    chosen = bundle or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
    try:
        if os.path.isdir(chosen):  # noqa: PTH112 - the ssl module wants strings
            context.load_verify_locations(capath=chosen)
        else:
            context.load_verify_locations(cafile=chosen)
    except (OSError, ValueError) as error:
        raise _unusable("CA bundle", chosen, error) from None
    return context


def _unverified_context() -> ssl.SSLContext:
    import ssl

    import urllib3

    # The person named the host as trusted: one warning per request would say nothing new.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _add_client_certificate(context: ssl.SSLContext, path: str | None) -> None:
    if path is None:
        return
    try:
        # A key with a passphrase would make OpenSSL ask on the terminal, in the middle of an install.
        context.load_cert_chain(path, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise _unusable("client certificate", path, error) from None


def _unusable(what: str, path: str, error: Exception) -> UpstreamError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return UpstreamError(f"the {what} {printable(path)} cannot be used: {printable(str(reason))}")
