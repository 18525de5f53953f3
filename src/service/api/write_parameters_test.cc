#include "service/api/write_parameters.h"

#include <gtest/gtest.h>

namespace arc::api {
namespace {

std::string Problem(http::NamedValues query, std::string_view parameter = "db",
                    std::vector<http::Header> headers = {}) {
  http::Request request;
  request.query = std::move(query);
  request.headers = std::move(headers);
  const auto checked = CheckWriteRequest(request, parameter);
  return checked.ok() ? "" : checked.error().message;
}

TEST(WriteParameters, WhatClientsSendIsTaken) {
  EXPECT_EQ(Problem({}), "");
  EXPECT_EQ(Problem({{"db", "a"},
                     {"rp", "autogen"},
                     {"precision", "s"},
                     {"consistency", "all"},
                     {"u", "me"},
                     {"p", "secret"}}),
            "");
  EXPECT_EQ(Problem({{"org", "a"}, {"orgID", "b"}, {"bucket", "c"}, {"precision", "ns"}}, "bucket"),
            "");
  EXPECT_EQ(Problem({{"accept_partial", "true"}, {"no_sync", "1"}, {"measurement", "m"}}), "");
  EXPECT_EQ(Problem({{"", ""}, {"x", "y"}, {"d", "z"}, {"anything_else_at_all", "1"}}), "");
}

TEST(WriteParameters, AnotherWordForTheDatabaseIsNamed) {
  for (const auto* name : {"database", "Database", "DB", "dB", "dbname", "db_name", "bd", "dbs",
                           "databse", "databases", "datbase", "bucket"}) {
    const auto problem = Problem({{name, "a"}});
    EXPECT_NE(problem.find(std::string("\"") + name + "\": did you mean db?"), std::string::npos)
        << name << problem;
  }
  for (const auto* name : {"db", "buckt", "Bucket", "buckets", "bukcet", "bucketID", "database"}) {
    EXPECT_NE(Problem({{name, "a"}}, "bucket").find("did you mean bucket?"), std::string::npos)
        << name;
  }
}

TEST(WriteParameters, ItDoesNotMatterWhenTheDatabaseIsNamed) {
  EXPECT_EQ(Problem({{"db", "a"}, {"database", "b"}}), "");
  EXPECT_EQ(Problem({{"bucket", "a"}}, "db", {{"x-arc-database", "b"}}), "");
  EXPECT_NE(Problem({{"db", ""}, {"database", "b"}}), "");
}

TEST(WriteParameters, AMisspeltPrecisionIsNamed) {
  for (const auto* name : {"precison", "Precision", "percision", "presision", "prec", "precisionn",
                           "time_precision"}) {
    EXPECT_NE(Problem({{"db", "a"}, {name, "s"}}).find("did you mean precision?"),
              std::string::npos)
        << name;
  }
}

TEST(WriteParameters, PackingsThatAreNotUnderstoodAreNamed) {
  const auto problem = [](const char* encoding) {
    return Problem({}, "db", {{"Content-Encoding", encoding}});
  };
  for (const auto* known : {"", "gzip", "GZIP", "x-gzip", "zstd", "identity", "utf-8"}) {
    EXPECT_EQ(problem(known), "") << known;
  }
  for (const auto* foreign : {"deflate", "Deflate", "br", "snappy", "compress"}) {
    EXPECT_NE(problem(foreign).find("send gzip, zstd"), std::string::npos) << foreign;
  }
}

TEST(WriteParameters, ZlibIsKnownByItsFirstBytes) {
  for (const char level : {'\x01', '\x5e', '\x9c', '\xda'}) {
    EXPECT_FALSE(CheckPacking(std::string("x") + level + "...").ok());
  }
  for (const auto* body : {"", "x", "x v=1", "xy v=1", "\x1f\x8b"}) {
    EXPECT_TRUE(CheckPacking(body).ok()) << body;
  }
}

}  // namespace
}  // namespace arc::api
