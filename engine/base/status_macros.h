// RETURN_IF_ERROR and ASSIGN_OR_RETURN: pass a status up.
#ifndef ENGINE_BASE_STATUS_MACROS_H_
#define ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates `expr`, an absl::Status, once; returns it from the enclosing
// function where it is not OK.
#define RETURN_IF_ERROR(expr)                      \
  do {                                             \
    absl::Status ashlar_status = (expr);           \
    if (ABSL_PREDICT_FALSE(!ashlar_status.ok())) { \
      return ashlar_status;                        \
    }                                              \
  } while (false)

// Evaluates `expr`, an absl::StatusOr<T>, once; returns its status from the
// enclosing function where it is not OK, else moves its value into `lhs`,
// which may be a declaration. A type with a comma needs parentheses or a name.
#define ASSIGN_OR_RETURN(lhs, ...)                                           \
  ASHLAR_ASSIGN_OR_RETURN_(ASHLAR_CONCAT_(ashlar_status_or_, __LINE__), lhs, \
                           (__VA_ARGS__))

#define ASHLAR_CONCAT_INNER_(a, b) a##b
#define ASHLAR_CONCAT_(a, b) ASHLAR_CONCAT_INNER_(a, b)
#define ASHLAR_ASSIGN_OR_RETURN_(result, lhs, expr) \
  auto result = expr;                               \
  if (ABSL_PREDICT_FALSE(!result.ok())) {           \
    return std::move(result).status();              \
  }                                                 \
  lhs = *std::move(result)

#endif  // ENGINE_BASE_STATUS_MACROS_H_
