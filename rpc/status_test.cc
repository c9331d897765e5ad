#include "rpc/status.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "ashlar/v1/modules.pb.h"
#include "ashlar/v1/status.pb.h"
#include "gtest/gtest.h"

namespace ashlar::rpc {
namespace {

TEST(StatusTest, KeepsCodeAndSentence) {
  const grpc::Status status =
      ToGrpcStatus(absl::FailedPreconditionError("no such profile"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "no such profile");
  EXPECT_EQ(status.error_details(), "");
  EXPECT_EQ(FromGrpcStatus(status),
            absl::FailedPreconditionError("no such profile"));
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(StatusTest, KeepsToTheCodesOfTheService) {
  const auto code = [](absl::StatusCode from) {
    return ToGrpcStatus(absl::Status(from, "")).error_code();
  };
  EXPECT_EQ(code(absl::StatusCode::kDataLoss), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(code(absl::StatusCode::kUnknown), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(code(absl::StatusCode::kOutOfRange),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code(absl::StatusCode::kAlreadyExists), grpc::StatusCode::ABORTED);
  EXPECT_EQ(code(absl::StatusCode::kAborted), grpc::StatusCode::ABORTED);
}

TEST(StatusTest, CarriesDetails) {
  constexpr char kUrl[] = "type.googleapis.com/ashlar.v1.ModuleViolations";
  v1::ModuleViolations violations;
  violations.set_total(7);
  absl::Status status = absl::InvalidArgumentError("bad module");
  status.SetPayload(
      kUrl, absl::Cord(absl::string_view(violations.SerializeAsString())));
  const grpc::Status sent = ToGrpcStatus(status);
  v1::StatusDetails details;
  ASSERT_TRUE(details.ParseFromString(sent.error_details()));
  EXPECT_EQ(details.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(details.message(), "bad module");
  EXPECT_EQ(FromGrpcStatus(sent), status);
}

TEST(StatusTest, DetailsOfSomebodyElseAreNoError) {
  const grpc::Status foreign(grpc::StatusCode::ABORTED, "x", "\xff\xff");
  EXPECT_EQ(FromGrpcStatus(foreign), absl::AbortedError("x"));
}

}  // namespace
}  // namespace ashlar::rpc
