// The fence between C++ and Postgres: the only file that touches
// PG_exception_stack and the only one that catches.
//
// enter() takes Postgres into C++: no exception leaves it. call() takes C++ into
// Postgres: no error jumps over it. A backend error stays where the backend put it
// (SQLSTATE, detail, hint and context intact), travels through C++ as BackendError,
// and goes on from enter(), when no C++ frame is left to jump over.
// (PostgreSQL documentation, "Using C++ for Extensibility".)
#pragma once

#include <type_traits>

#include "pg/postgres.hpp"

namespace vvault::pg {

// Not a std::exception, so that no handler for those takes it by accident.
struct BackendError {};

// Set by call(), cleared by enter(). While it is set an error waits in the backend, and
// a handler that swallowed BackendError cannot make it disappear.
inline bool backend_error_pending = false;

// Calls a backend function that may raise an error. Takes a function pointer and plain
// values, so that nothing with a destructor stands between the guard and the backend;
// macros go into a captureless lambda of one expression.
template <class Result, class... Parameters, class... Arguments>
Result call(Result (*function)(Parameters...), Arguments... arguments) {
    static_assert(std::is_void_v<Result> || std::is_trivially_destructible_v<Result>);
    static_assert((std::is_trivially_copyable_v<Arguments> && ...));
    // Whoever swallowed an error gets no further: the backend holds few of them at once.
    if (backend_error_pending) throw BackendError{};
    sigjmp_buf here;
    sigjmp_buf *const outer_jump = PG_exception_stack;
    ErrorContextCallback *const outer_context = error_context_stack;
    MemoryContext const outer_memory = CurrentMemoryContext;
    if (sigsetjmp(here, 0) != 0) {
        PG_exception_stack = outer_jump;
        error_context_stack = outer_context;
        MemoryContextSwitchTo(outer_memory);
        backend_error_pending = true;
        throw BackendError{};
    }
    PG_exception_stack = &here;
    if constexpr (std::is_void_v<Result>) {
        function(arguments...);
        PG_exception_stack = outer_jump;
    } else {
        Result result = function(arguments...);
        PG_exception_stack = outer_jump;
        return result;
    }
}

using Body = Datum (*)(FunctionCallInfo);

// The only way into C++. Raises what the body threw as an ordinary backend error.
Datum enter(FunctionCallInfo fcinfo, Body body);

// The same for a hook of the backend's, which any session's statement comes through: that a
// statement is looked at does not make it the vault's.
using HookBody = void (*)(void *argument);
void enter_from_hook(HookBody body, void *argument);

// Lets a query be cancelled inside a long loop.
inline void check_for_interrupts() {
    if (InterruptPending) call(ProcessInterrupts);
}

}  // namespace vvault::pg

// Defines an SQL-callable function; the braces that follow are its body.
#define VVAULT_FUNCTION(name)                            \
    static Datum name##_body(FunctionCallInfo fcinfo);   \
    extern "C" {                                         \
    PG_FUNCTION_INFO_V1(name);                           \
    Datum name(PG_FUNCTION_ARGS) {                       \
        return ::vvault::pg::enter(fcinfo, name##_body); \
    }                                                    \
    }                                                    \
    static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
