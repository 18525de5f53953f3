// A client's end as OpenSSL has it, for a library that moves the bytes itself.

#pragma once

#include <string>

#include "foundation/tls/context.h"

using SSL = struct ssl_st;

namespace arc::tls {

// An end of its own that expects `host`. The caller owns it; the library sets its BIO.
SSL* NewClient(const Context& context, const std::string& host);

// The other side must prove that it is `host`, a name or an address.
void ExpectHost(SSL& client, const std::string& host);

// Why the certificate of the other side was not believed; empty if it was.
std::string Disbelief(const SSL& client);

}  // namespace arc::tls
