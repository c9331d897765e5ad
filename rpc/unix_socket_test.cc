#include "rpc/unix_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace ashlar::rpc {
namespace {

// Short, because a socket's path may have 107 bytes.
std::string Path(absl::string_view name) {
  return absl::StrCat("/tmp/ashlar_", getpid(), "_", name);
}

// A socket that listens; the path stays when it is closed.
int Listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
            0);
  EXPECT_EQ(listen(fd, 1), 0);
  return fd;
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

TEST(UnixSocketTest, AFreePathStaysFree) {
  EXPECT_TRUE(FreeSocketPath(Path("free")).ok());
  EXPECT_FALSE(Exists(Path("free")));
}

TEST(UnixSocketTest, RemovesAStaleSocket) {
  const std::string path = Path("stale");
  close(Listen(path));
  ASSERT_TRUE(Exists(path));
  EXPECT_TRUE(FreeSocketPath(path).ok());
  EXPECT_FALSE(Exists(path));
}

TEST(UnixSocketTest, LeavesALiveServerAlone) {
  const std::string path = Path("live");
  const int fd = Listen(path);
  EXPECT_EQ(FreeSocketPath(path).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Exists(path));
  close(fd);
  unlink(path.c_str());
}

TEST(UnixSocketTest, LeavesOtherFilesAlone) {
  const std::string path = Path("file");
  std::ofstream(path) << "precious";
  EXPECT_EQ(FreeSocketPath(path).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Exists(path));
  unlink(path.c_str());
}

TEST(UnixSocketTest, RefusesAPathThatIsTooLong) {
  EXPECT_EQ(FreeSocketPath(std::string(108, 'x')).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FreeSocketPath("").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ashlar::rpc
