#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/log_guard.hpp"
#include "pg/sqlstate.hpp"

namespace vvault::pg {

namespace {

// Plain data: it may be alive when the backend jumps.
struct Failure {
    int sqlstate;
    char message[512];
    char detail[512];
    char hint[512];
};

// Cuts at a character's border, so that what is sent is still valid UTF-8.
template <std::size_t Size>
void copy(char (&target)[Size], std::string_view text) {
    std::size_t length = text.size() < Size ? text.size() : Size - 1;
    if (length < text.size())
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    std::memcpy(target, text.data(), length);
    target[length] = '\0';
}

void describe(Failure &failure, int sqlstate, std::string_view message,
              std::string_view detail = {}, std::string_view hint = {}) {
    failure.sqlstate = sqlstate;
    copy(failure.message, message);
    copy(failure.detail, detail);
    copy(failure.hint, hint);
}

// When this returns, every C++ frame and every exception object is gone.
template <class Work>
[[gnu::noinline]] bool run(const Work &work, Failure &failure) noexcept {
    try {
        work();
        return true;
    } catch (const BackendError &) {
        // Still pending in the backend; enter() passes it on.
    } catch (const Error &error) {
        const Sqlstate &state = sqlstate_of(error.code());
        describe(failure, state.code, error.what(), error.detail(),
                 error.hint().empty() ? std::string_view(state.hint) : error.hint());
    } catch (const std::bad_alloc &) {
        describe(failure, ERRCODE_OUT_OF_MEMORY, "out of memory");
    } catch (...) {
        // A library's what() can quote its input, so none of it is shown.
        describe(failure, ERRCODE_INTERNAL_ERROR, "unexpected failure inside vvault");
    }
    return false;
}

// Raises what run() met; nothing with a destructor is alive. pg/log_guard knows it by name.
void report_failure(const Failure &failure) {
    if (backend_error_pending) {
        backend_error_pending = false;
        PG_RE_THROW();
    }
    // The statement and its context can carry a person's text; the server log gets neither.
    ereport(ERROR, errcode(failure.sqlstate), errmsg("%s", failure.message),
            failure.detail[0] ? errdetail("%s", failure.detail) : 0,
            failure.hint[0] ? errhint("%s", failure.hint) : 0, errhidestmt(true),
            errhidecontext(true));
}

}  // namespace

Datum enter(FunctionCallInfo fcinfo, Body body) {
    Datum result = 0;
    Failure failure;
    vault_in_use = true;
    const bool returned = run([&] { result = body(fcinfo); }, failure);
    if (!returned || backend_error_pending) report_failure(failure);
    return result;
}

void enter_from_hook(HookBody body, void *argument) {
    Failure failure;
    const bool returned = run([&] { body(argument); }, failure);
    if (!returned || backend_error_pending) report_failure(failure);
}

}  // namespace vvault::pg
