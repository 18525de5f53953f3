#include "service/config/storage_names.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include <boost/regex.hpp>

namespace arc::config {
namespace {

// The slow twins.
bool IsHostByPattern(const std::string& text) {
  static const boost::regex pattern(
      "(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
      "([.][a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*");
  return boost::regex_match(text, pattern);
}
bool IsBucketByPattern(const std::string& text) {
  static const boost::regex pattern(
      "(?=.{3,63}$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$"
      ")"
      "(?![0-9]{1,3}([.][0-9]{1,3}){3}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?"
      "([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  return boost::regex_match(text, pattern);
}

TEST(StorageNamesTest, AreAsTheirTwinsSay) {
  std::mt19937 random(3);
  const std::string alphabet = "ab019.-.-Z_";
  int hosts = 0;
  int buckets = 0;
  for (int i = 0; i < 200'000; i++) {
    std::string text;
    for (auto left = random() % 12; left > 0; left--) text += alphabet[random() % alphabet.size()];
    if (random() % 4 == 0) text += "-s3alias";
    if (random() % 8 == 0) text = "xn--" + text;
    ASSERT_EQ(IsHostName(text), IsHostByPattern(text)) << text;
    ASSERT_EQ(IsBucketName(text), IsBucketByPattern(text)) << text;
    hosts += IsHostName(text) ? 1 : 0;
    buckets += IsBucketName(text) ? 1 : 0;
  }
  EXPECT_GT(hosts, 1000);
  EXPECT_GT(buckets, 1000);
}

TEST(StorageNamesTest, HostNames) {
  for (const char* good : {"a", "localhost", "10.0.0.1", "S3.eu-west-1.Example.com"}) {
    EXPECT_TRUE(IsHostName(good)) << good;
  }
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "é.com",
                          "a/b", "a:80", "[::1]", "a\n", "%61"}) {
    EXPECT_FALSE(IsHostName(bad)) << bad;
  }
  EXPECT_TRUE(IsHostName(std::string(63, 'a')));
  EXPECT_FALSE(IsHostName(std::string(64, 'a')));
  std::string longest;
  for (int i = 0; i < 127; i++) longest += "a.";
  longest.pop_back();
  EXPECT_TRUE(IsHostName(longest));
  EXPECT_FALSE(IsHostName(longest + "a"));
  EXPECT_FALSE(IsHostName(std::string_view("a\0b", 3)));
}

TEST(StorageNamesTest, BucketNames) {
  for (const char* good : {"abc", "my-bucket", "my.bucket.1", "1.2.3", "1.2.3.4.5", "1234.1.1.1"}) {
    EXPECT_TRUE(IsBucketName(good)) << good;
  }
  for (const char* bad : {"",
                          "ab",
                          "Abc",
                          "a_b",
                          "a..b",
                          "a.-b",
                          "a-.b",
                          "-ab",
                          "ab-",
                          "192.168.5.4",
                          "999.1.1.1",
                          "xn--abc",
                          "sthree-abc",
                          "amzn-s3-demo-x",
                          "abc-s3alias",
                          "abc--ol-s3",
                          "abc.mrap",
                          "abc--x-s3",
                          "abc--table-s3",
                          "../abc",
                          "a/bc",
                          "abc\n",
                          "abc'--"}) {
    EXPECT_FALSE(IsBucketName(bad)) << bad;
  }
  EXPECT_TRUE(IsBucketName(std::string(63, 'a')));
  EXPECT_FALSE(IsBucketName(std::string(64, 'a')));
}

}  // namespace
}  // namespace arc::config
