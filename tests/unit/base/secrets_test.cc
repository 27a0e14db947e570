#include "runtime/base/secrets.h"

#include <gtest/gtest.h>

#include "runtime/base/status.h"

namespace sluice::base {
namespace {

TEST(Secrets, AreMaskedWhereverTheyStand) {
  keep_secret("hunter2-of-the-db");
  EXPECT_EQ(without_secrets("hunter2-of-the-db"), "****");
  EXPECT_EQ(without_secrets("url=jdbc:x://u:hunter2-of-the-db@h/hunter2-of-the-db?"), "url=jdbc:x://u:****@h/****?");
  EXPECT_EQ(without_secrets("hunter2-of-the-d"), "hunter2-of-the-d");
  EXPECT_EQ(without_secrets(""), "");
}

TEST(Secrets, TheLongestOfSeveralCounts) {
  keep_secret("overlap-secret");
  keep_secret("overlap-secret-longer");
  EXPECT_EQ(without_secrets("a overlap-secret-longer b overlap-secret c"), "a **** b **** c");
}

TEST(Secrets, ShortOnesCountOnlyAlone) {
  keep_secret("tset");
  EXPECT_EQ(without_secrets("password tset, topic tset-orders, contset"), "password ****, topic tset-orders, contset");
  keep_secret("abc");  // too short to be told from anything else
  EXPECT_EQ(without_secrets("abc"), "abc");
}

TEST(Secrets, LeaveTraces) {
  keep_secret("secret-in-a-cause");
  const Error error = Error(Code::kFatal, exceptions::kConnect, "no login")
                          .with_cause(Error(Code::kFatal, exceptions::kConnect, "refused: secret-in-a-cause"));
  EXPECT_NE(error.trace().find("refused: ****"), std::string::npos);
  EXPECT_EQ(error.trace().find("secret-in-a-cause"), std::string::npos);
}

TEST(Secrets, OldOnesAreForgottenBeyondTheBound) {
  keep_secret("the-first-of-many-secrets");
  for (std::size_t i = 0; i < kSecretsMax; ++i) keep_secret("filler-secret-" + std::to_string(i));
  EXPECT_EQ(without_secrets("the-first-of-many-secrets"), "the-first-of-many-secrets");
  EXPECT_EQ(without_secrets("filler-secret-0."), "****.");
}

}  // namespace
}  // namespace sluice::base
