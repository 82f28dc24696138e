// SPDX-License-Identifier: Apache-2.0
// The one error type of rt, on both sides of the plugin border: a code out of the ABI's closed list, the
// errno that caused it, and a message that says what was tried, on which object, why it failed and what to
// do. Plain values.
#pragma once

#include <rtp/base.h>

#include <cerrno>
#include <charconv>
#include <concepts>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace rt::sdk {

enum class Code : rtp_status {
    invalid_argument = RTP_INVALID_ARGUMENT,
    not_found = RTP_NOT_FOUND,
    already_exists = RTP_ALREADY_EXISTS,
    failed_precondition = RTP_FAILED_PRECONDITION,
    permission_denied = RTP_PERMISSION_DENIED,
    unsupported = RTP_UNSUPPORTED,
    unavailable = RTP_UNAVAILABLE,
    resource_exhausted = RTP_RESOURCE_EXHAUSTED,
    deadline_exceeded = RTP_DEADLINE_EXCEEDED,
    cancelled = RTP_CANCELLED,
    corrupt = RTP_CORRUPT,
    internal = RTP_INTERNAL,
};

struct Error {
    Code code = Code::internal;
    int sys_errno = 0;
    std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

namespace detail {
inline void append(std::string& out, std::string_view piece) {
    out += piece;
}
inline void append(std::string& out, char piece) {
    out += piece;
}
template <std::integral Int>
    requires(!std::same_as<Int, char> && !std::same_as<Int, bool>)
void append(std::string& out, Int number) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}
} // namespace detail

// Joins strings, characters and whole numbers into one string.
template <class... Pieces>
std::string cat(const Pieces&... pieces) {
    std::string out;
    (detail::append(out, pieces), ...);
    return out;
}

// A failure without a system call behind it.
template <class... Pieces>
std::unexpected<Error> fail(Code code, const Pieces&... pieces) {
    return std::unexpected(Error{code, 0, cat(pieces...)});
}

// The class of failure that an errno stands for.
inline Code code_of_errno(int number) {
    switch (number) {
    case EINVAL:
    case ENAMETOOLONG:
    case E2BIG: return Code::invalid_argument;
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case ENXIO: return Code::not_found;
    case EEXIST: return Code::already_exists;
    case EACCES:
    case EPERM:
    case EROFS: return Code::permission_denied;
    case ENOSYS:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT: return Code::unsupported;
    case EAGAIN:
    case EBUSY:
    case EADDRINUSE:
    case EINTR:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE: return Code::unavailable;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case EADDRNOTAVAIL: return Code::resource_exhausted;
    case ETIMEDOUT: return Code::deadline_exceeded;
    case ECANCELED: return Code::cancelled;
    case EBADMSG:
    case EILSEQ: return Code::corrupt;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case ELOOP:
    case EXDEV: return Code::failed_precondition;
    default: return Code::internal;
    }
}

// A failed system call: fail_errno(errno, "open '", path, "'") gives "open '/x': No such file or directory".
template <class... Pieces>
std::unexpected<Error> fail_errno(int number, const Pieces&... pieces) {
    return std::unexpected(Error{code_of_errno(number), number, cat(pieces..., ": ", std::strerror(number))});
}

// Puts context in front of an error's message, where the name of the object is known.
template <class... Pieces>
std::unexpected<Error> in_context(Error error, const Pieces&... pieces) {
    error.message = cat(pieces..., ": ", error.message);
    return std::unexpected(std::move(error));
}

} // namespace rt::sdk

// Returns from the enclosing function with the error of a Result, if it holds one: RT_TRY(step());
#define RT_TRY(expression)                                                                                   \
    do {                                                                                                     \
        if (auto rt_try_result = (expression); !rt_try_result)                                               \
            return std::unexpected(std::move(rt_try_result).error());                                        \
    } while (false)

#define RT_SDK_JOIN_(a, b) a##b
#define RT_SDK_JOIN(a, b) RT_SDK_JOIN_(a, b)
#define RT_TRY_ASSIGN_(name, target, expression)                                                             \
    auto name = (expression);                                                                                \
    if (!name) return std::unexpected(std::move(name).error());                                              \
    target = std::move(*name)

// RT_TRY_ASSIGN(auto fd, open_it(path)); declares fd, or returns with the error.
#define RT_TRY_ASSIGN(target, expression) RT_TRY_ASSIGN_(RT_SDK_JOIN(rt_try_, __LINE__), target, expression)
