"""Every library of the process uses its own symbols: some bring copies of others inside, of another
version, and the dynamic linker takes the first it finds."""

import re
import subprocess

import pytest

from arc_server import clean_environment, find_binary

# How the symbols begin → the library that serves them.
OWNERS = {
    r"_ZT?[ISV]?NK?6spdlog": "libspdlog.so",
    r"_ZT?[ISV]?NK?3fmt": "libfmt.so",
    r"sqlite3_": "libsqlite3.so",
    r"ZSTD_": "libzstd.so",
    r"libdeflate_": "libdeflate.so",
}
# Ours is in our binary, that of Parquet in libparquet: the dynamic linker is not asked for another.
OPENSSL = r"(SSL|TLS|OSSL|OPENSSL|CRYPTO|EVP|ERR|BIO|PEM|X509|X509V3|ASN1|RAND)_\w+$"
FETCHED = re.compile(r"/lib(duckdb|arrow|parquet)\.so")
BINDING = re.compile(r"binding file (\S+) \[0\] to (\S+) \[0\]: \w+ symbol `([^']+)'")


@pytest.fixture(scope="module")
def bindings(tmp_path_factory):
    """(who uses it, who serves it, symbol) for everything that is bound at the start."""
    folder = tmp_path_factory.mktemp("linking")
    environment = {"LD_BIND_NOW": "1", "LD_DEBUG": "bindings"}
    done = subprocess.run(
        [find_binary(), "version"], env=clean_environment(folder, environment), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    return BINDING.findall(done.stderr)


@pytest.mark.parametrize("prefix, owner", OWNERS.items(), ids=OWNERS.values())
def test_our_binary_uses_the_libraries_it_was_compiled_for(prefix, owner, bindings):
    binary = str(find_binary())
    servers = {by for user, by, symbol in bindings if user == binary and re.match(prefix, symbol)}
    assert not {by for by in servers - {binary} if f"/{owner}" not in by}


@pytest.mark.parametrize("prefix", OWNERS, ids=OWNERS.values())
def test_fetched_libraries_and_those_of_the_system_keep_apart(prefix, bindings):
    """DuckDB and Arrow bring their own copies, which must serve them and nobody else."""
    fetched = {by for _, by, _ in bindings if FETCHED.search(by)}
    assert fetched, "DuckDB and Arrow are not found"
    assert not {
        (user, by)
        for user, by, symbol in bindings
        if re.match(prefix, symbol) and user != str(find_binary())
        if (user in fetched) != (by in fetched)
    }


def test_nobody_shares_an_openssl(bindings):
    users = {(user, by) for user, by, symbol in bindings if re.match(OPENSSL, symbol)}
    assert users, "libparquet uses none: is this test needed still?"
    assert all(user == by and FETCHED.search(by) for user, by in users), users


def test_bindings_are_found(bindings):
    binary = str(find_binary())
    for prefix in ("sqlite3_", "ZSTD_"):
        assert any(user == binary and symbol.startswith(prefix) for user, _, symbol in bindings)
