// Preloaded into a server, this stands between it and its disk and does what
// ASHLAR_DISK says, "WHAT:N". Files whose names end in .log are RocksDB's log,
// to which each commit is written and, where the store is synced, forced.
//   kill-before, kill-after   SIGKILL just before or after the N-th of these
//   full                      from the N-th on, no file of the store grows
//   unreadable                from the N-th read of any .sst file on, none can
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class What { kNothing, kKillBefore, kKillAfter, kFull, kUnreadable };

struct Order {
  What what = What::kNothing;
  int n = 0;
};

Order ReadOrder() {
  const char* text = getenv("ASHLAR_DISK");
  const char* colon = text == nullptr ? nullptr : strchr(text, ':');
  if (colon == nullptr) return {};
  const auto is = [&](const char* name) {
    return strncmp(text, name, static_cast<size_t>(colon - text)) == 0;
  };
  const int n = atoi(colon + 1);
  if (is("kill-before")) return {What::kKillBefore, n};
  if (is("kill-after")) return {What::kKillAfter, n};
  if (is("full")) return {What::kFull, n};
  if (is("unreadable")) return {What::kUnreadable, n};
  return {};
}

const Order& TheOrder() {
  static const Order order = ReadOrder();
  return order;
}

// Whether the open file's name ends like that.
bool IsNamed(int file, const char* suffix) {
  char link[64];
  char name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, name, sizeof name);
  const size_t length = strlen(suffix);
  return size >= static_cast<ssize_t>(length) &&
         memcmp(name + size - length, suffix, length) == 0;
}

std::atomic<int> log_operations = 0;
std::atomic<int> table_reads = 0;

void Kill() { kill(getpid(), SIGKILL); }

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Does `act` as one operation on the file, or fails as a full disk does.
template <typename Result, typename Act>
Result Written(int file, bool is_write, Act act) {
  const Order& order = TheOrder();
  if (order.what == What::kNothing || order.what == What::kUnreadable) {
    return act();
  }
  const bool is_log = IsNamed(file, ".log");
  const int count = is_log ? ++log_operations : log_operations.load();
  if (order.what == What::kFull) {
    if (!is_write || count < order.n) return act();
    const bool is_store = is_log || IsNamed(file, ".sst") ||
                          IsNamed(file, ".dbtmp") || IsNamed(file, "LOG");
    if (!is_store) return act();
    errno = ENOSPC;
    return -1;
  }
  const bool is_it = is_log && count == order.n;
  if (is_it && order.what == What::kKillBefore) Kill();
  const Result result = act();
  if (is_it) Kill();
  return result;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return Written<ssize_t>(file, true, [&] { return next(file, bytes, size); });
}

int fdatasync(int file) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  return Written<int>(file, false, [&] { return next(file); });
}

ssize_t pread(int file, void* bytes, size_t size, off_t at) {
  static const auto next =
      Next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  const Order& order = TheOrder();
  if (order.what == What::kUnreadable && IsNamed(file, ".sst") &&
      ++table_reads >= order.n) {
    errno = EIO;
    return -1;
  }
  return next(file, bytes, size, at);
}

}  // extern "C"
