#include "runtime/group/sasl_client.h"

#include <gtest/gtest.h>

namespace sluice::group {
namespace {

SaslOptions with(SaslOptions::Mechanism mechanism, std::string user = "user", std::string password = "pencil") {
  SaslOptions options;
  options.mechanism = mechanism;
  options.username = std::move(user);
  options.password = std::move(password);
  return options;
}

constexpr const char* kNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr const char* kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

// The exchange of RFC 7677 section 3.
TEST(SaslClient, ScramSha256) {
  const SaslOptions options = with(SaslOptions::Mechanism::kScramSha256);
  auto client = std::move(*make_sasl_client(options, nullptr, kNonce));
  EXPECT_EQ(client->first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto proof = client->next(kServerFirst);
  ASSERT_TRUE(proof) << proof.error().to_string();
  EXPECT_EQ(*proof,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_FALSE(client->done());
  ASSERT_TRUE(client->next("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_TRUE(client->done());
}

TEST(SaslClient, ScramWantsTheServersProof) {
  const SaslOptions options = with(SaslOptions::Mechanism::kScramSha256);
  for (const std::string_view last :
       {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "", "e=unknown-user", "v=YQ=="}) {
    auto client = std::move(*make_sasl_client(options, nullptr, kNonce));
    client->first();
    ASSERT_TRUE(client->next(kServerFirst));
    const auto end = client->next(last);
    ASSERT_FALSE(end) << last;
    EXPECT_EQ(end.error().code(), base::Code::kInvalidConfig);
    EXPECT_FALSE(client->done());
  }
}

TEST(SaslClient, ScramRefusesWhatNoBrokerSends) {
  const SaslOptions options = with(SaslOptions::Mechanism::kScramSha512);
  for (const std::string_view first :
       {"", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096x"}) {
    auto client = std::move(*make_sasl_client(options, nullptr, kNonce));
    client->first();
    EXPECT_FALSE(client->next(first)) << first;
  }
}

TEST(SaslClient, ScramEscapesTheName) {
  const SaslOptions options = with(SaslOptions::Mechanism::kScramSha256, "a=b,c");
  EXPECT_EQ((*make_sasl_client(options, nullptr, "nonce"))->first(), "n,,n=a=3Db=2Cc,r=nonce");
}

TEST(SaslClient, Plain) {
  const SaslOptions options = with(SaslOptions::Mechanism::kPlain);
  auto client = std::move(*make_sasl_client(options, nullptr, ""));
  EXPECT_EQ(client->first(), std::string("\0user\0pencil", 12));
  EXPECT_TRUE(client->done());
}

TEST(SaslClient, OauthBearer) {
  const SaslOptions options = with(SaslOptions::Mechanism::kOauthBearer);
  SaslOptions::Token token;
  token.value = "a.b.c";
  token.extensions = {{"cluster", "one"}};
  auto client = std::move(*make_sasl_client(options, &token, ""));
  EXPECT_EQ(client->first(),
            "n,,\x01"
            "auth=Bearer a.b.c\x01"
            "cluster=one\x01\x01");
  EXPECT_EQ(*client->next(R"({"status":"invalid_token"})"), "\x01");
  token.value = "a\x01z";
  EXPECT_FALSE(make_sasl_client(options, &token, ""));
}

TEST(SaslClient, LongChallengeIsRefused) {
  const SaslOptions options = with(SaslOptions::Mechanism::kPlain);
  auto client = std::move(*make_sasl_client(options, nullptr, ""));
  EXPECT_FALSE(client->next(std::string(100'000, 'x')));
}

TEST(SaslClient, NoncesDiffer) {
  EXPECT_NE(random_nonce(), random_nonce());
  EXPECT_GE(random_nonce().size(), 24u);
  EXPECT_EQ(random_nonce().find(','), std::string::npos);
}

}  // namespace
}  // namespace sluice::group
