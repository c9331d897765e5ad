#include "engine/loader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/compile/scratch.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "tests/util/module_builder.h"

namespace ashlar::engine {
namespace {

using testing::Code;
using testing::ModuleBuilder;
using testing::Op;
using testing::Section;
using wasm::ExternKind;
using wasm::ValType;

// Bytes that end where the next page may not be touched.
class BytesAtTheEdge {
 public:
  explicit BytesAtTheEdge(const std::vector<uint8_t>& bytes)
      : page_(static_cast<size_t>(::sysconf(_SC_PAGESIZE))) {
    CHECK(bytes.size() <= page_);
    void* pages = ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    pages_ = static_cast<char*>(pages);
    CHECK(::mprotect(pages_ + page_, page_, PROT_NONE) == 0);
    char* const at = pages_ + page_ - bytes.size();
    std::memcpy(at, bytes.data(), bytes.size());
    view_ = absl::string_view(at, bytes.size());
  }
  ~BytesAtTheEdge() { ::munmap(pages_, 2 * page_); }
  BytesAtTheEdge(const BytesAtTheEdge&) = delete;
  BytesAtTheEdge& operator=(const BytesAtTheEdge&) = delete;

  absl::string_view view() const { return view_; }

 private:
  size_t page_;
  char* pages_ = nullptr;
  absl::string_view view_;
};

const Profile& Relaxed() {
  return *ProfileSet::BuiltIn().FindByName("relaxed-1");
}

// With this many bytes behind the code.
std::vector<uint8_t> Module(size_t rest_size_bytes) {
  ModuleBuilder m;
  const uint32_t t = m.Type({ValType::kI32}, {ValType::kI32});
  const uint32_t f =
      m.Func(t, {ValType::kI64}, Code().Get(0).I32(7).Op(Op::kI32Add).End());
  m.Export("f", ExternKind::kFunc, f);
  // A custom section: id, size, the size of an empty name, and the rest.
  if (rest_size_bytes >= 3) {
    m.Custom(Section::kCode, "", std::vector<uint8_t>(rest_size_bytes - 3));
  }
  return m.Build();
}

struct Loaded {
  CompiledModule module;
  wasm::Violations violations;
  bool is_accepted = false;
};

void LoadFor(absl::string_view bytes, bool borrows_bytes, Loaded* loaded) {
  compile::Scratch scratch;
  LoadOptions options(&scratch);
  options.borrows_bytes = borrows_bytes;
  loaded->is_accepted =
      LoadInto(bytes, Relaxed(), options, &loaded->module, &loaded->violations);
}

TEST(Loader, BorrowsBytesThatHavePadding) {
  for (size_t rest = 3; rest < 40; ++rest) {
    SCOPED_TRACE(rest);
    const BytesAtTheEdge bytes(Module(rest));
    Loaded loaded;
    LoadFor(bytes.view(), /*borrows_bytes=*/true, &loaded);
    EXPECT_TRUE(loaded.is_accepted);
    EXPECT_EQ(loaded.module.size_bytes, bytes.view().size());
    EXPECT_EQ(loaded.module.padded_bytes.empty(),
              rest >= wasm::Module::kReadablePadding);
    EXPECT_EQ(loaded.module.module.bodies.size(), 1u);
  }
}

TEST(Loader, CopiesBytesThatItMayNotBorrow) {
  const BytesAtTheEdge bytes(Module(100));
  Loaded loaded;
  LoadFor(bytes.view(), /*borrows_bytes=*/false, &loaded);
  EXPECT_TRUE(loaded.is_accepted);
  EXPECT_EQ(loaded.module.padded_bytes.size(),
            bytes.view().size() + wasm::Module::kReadablePadding);
}

// Any byte may be wrong, and any part of the end may be missing: nothing
// behind the bytes is read, and the answer is that of a copy.
TEST(Loader, NeverReadsBehindBorrowedBytes) {
  for (const size_t rest : {size_t{0}, size_t{3}, size_t{15}, size_t{16}}) {
    const std::vector<uint8_t> module = Module(rest);
    for (size_t at = 8; at < module.size(); ++at) {
      for (const int value :
           {-1, 0x00, 0x01, 0x0b, 0x20, 0x41, 0x7f, 0x80, 0xff}) {
        std::vector<uint8_t> wrong = module;
        if (value < 0) {
          wrong.resize(at);
        } else {
          wrong[at] = static_cast<uint8_t>(value);
        }
        const BytesAtTheEdge bytes(wrong);
        Loaded borrowed;
        Loaded copied;
        LoadFor(bytes.view(), /*borrows_bytes=*/true, &borrowed);
        LoadFor(bytes.view(), /*borrows_bytes=*/false, &copied);
        ASSERT_EQ(borrowed.is_accepted, copied.is_accepted);
        ASSERT_EQ(borrowed.violations.list().size(),
                  copied.violations.list().size());
        for (size_t i = 0; i < copied.violations.list().size(); ++i) {
          EXPECT_EQ(borrowed.violations.list()[i].code,
                    copied.violations.list()[i].code);
          EXPECT_EQ(borrowed.violations.list()[i].offset,
                    copied.violations.list()[i].offset);
        }
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::engine
