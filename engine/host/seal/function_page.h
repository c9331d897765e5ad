// The table of host functions as a page: HOST_FUNCTIONS.md.
#ifndef ENGINE_HOST_SEAL_FUNCTION_PAGE_H_
#define ENGINE_HOST_SEAL_FUNCTION_PAGE_H_

#include <string>

namespace ashlar::host {

// Markdown, made from abi.def.
std::string SealFunctionPage();

}  // namespace ashlar::host

#endif  // ENGINE_HOST_SEAL_FUNCTION_PAGE_H_
