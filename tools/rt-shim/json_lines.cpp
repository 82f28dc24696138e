// SPDX-License-Identifier: Apache-2.0
#include "json_lines.hpp"

#include "core/base/clock.hpp"

#include <algorithm>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rt::shim {
namespace {

constexpr std::size_t kWorstEscape = 6;

// Bytes that stand for themselves inside a JSON string as Go writes it.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = true;
    for (const unsigned char c : {'"', '\\', '<', '>', '&'}) plain[c] = false;
    return plain;
}();

#ifdef __SSE2__
// Copies 16 bytes and says which of them are not plain, one bit each.
unsigned copy_block(char* out, const char* in) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in)); // NOLINT: how it is loaded
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);                    // NOLINT
    // Signed: bytes from 0x80 are negative, so below 0x20 as well.
    __m128i special = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    for (const char c : {'"', '\\', '<', '>', '&'})
        special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8(c)));
    return static_cast<unsigned>(_mm_movemask_epi8(special));
}
#endif

// Copies plain bytes from in to out; both end up at the first that is not.
void copy_plain(char*& out, const char*& in, const char* end) {
#ifdef __SSE2__
    while (end - in >= 16) {
        if (const unsigned special = copy_block(out, in); special != 0) {
            const int plain = __builtin_ctz(special);
            in += plain;
            out += plain;
            return;
        }
        in += 16;
        out += 16;
    }
#endif
    while (in < end && kPlain[static_cast<unsigned char>(*in)]) *out++ = *in++;
}

// The length of the UTF-8 sequence at the start of text; 0 when it is none (RFC 3629: shortest form, no
// surrogates, at most U+10FFFF).
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((at(i) & 0xC0U) != 0x80) return 0;
    if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F)) return 0;
    if ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) return 0;
    return length;
}

char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* escape_ascii(char* out, char c) {
    switch (c) {
    case '"': return put(out, "\\\"");
    case '\\': return put(out, "\\\\");
    case '\n': return put(out, "\\n");
    case '\r': return put(out, "\\r");
    default: break;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    out = put(out, "\\u00");
    *out++ = kDigits[static_cast<unsigned char>(c) >> 4U];
    *out++ = kDigits[static_cast<unsigned char>(c) & 0xFU];
    return out;
}

// One character from 0x80 on, or one byte that is none.
char* escape_multibyte(char* out, const char*& in, const char* end) {
    const std::string_view rest(in, static_cast<std::size_t>(end - in));
    const std::size_t length = utf8_length(rest);
    in += std::max<std::size_t>(length, 1);
    if (length == 0) return put(out, "\\ufffd");
    const std::string_view character = rest.substr(0, length);
    if (character == "\xE2\x80\xA8") return put(out, "\\u2028");
    if (character == "\xE2\x80\xA9") return put(out, "\\u2029");
    return put(out, character);
}

// Where to cut text, which is longer than a piece may be, so that no character is torn.
std::size_t piece_size(std::string_view text) {
    for (std::size_t back = 1; back <= 3; ++back) {
        const auto c = static_cast<unsigned char>(text[kLongestPiece - back]);
        if (c < 0x80) break;
        if (c < 0xC0) continue; // the inside of a character
        const std::size_t start = kLongestPiece - back;
        const std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        return length > back ? start : kLongestPiece;
    }
    return kLongestPiece;
}

// As Go's RFC3339Nano: no zeros at the end of the fraction.
std::string go_time(std::int64_t ns) {
    std::string text = rfc3339(ns);
    text.pop_back();
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text += 'Z';
}

} // namespace

char* escape_json(char* out, std::string_view text) {
    const char* in = text.data();
    const char* end = in + text.size();
    while (in < end) {
        copy_plain(out, in, end);
        if (in == end) break;
        if (static_cast<unsigned char>(*in) < 0x80)
            out = escape_ascii(out, *in++);
        else
            out = escape_multibyte(out, in, end);
    }
    return out;
}

std::string json_text(std::string_view text) {
    std::string out(text.size() * kWorstEscape + 32, '\0'); // whole blocks are stored
    char* end = out.data();
    *end++ = '"';
    end = escape_json(end, text);
    *end++ = '"';
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

void JsonLines::set_attributes(std::string_view json) {
    attributes_ = json.empty() ? std::string() : cat(",\"attrs\":", json);
}

void JsonLines::set_tail(Stream stream, std::int64_t time_ns) {
    tail_ = cat("\",\"stream\":\"", stream == Stream::error ? "stderr" : "stdout", "\"", attributes_,
                ",\"time\":\"", go_time(time_ns), "\"}\n");
}

void JsonLines::emit(std::string_view line, Ending ending) {
    // 16 more than the worst case: whole blocks are stored.
    char* out = out_.room(line.size() * kWorstEscape + tail_.size() + 32);
    out = put(out, "{\"log\":\"");
    out = escape_json(out, line);
    if (ending == Ending::newline) out = put(out, "\\n");
    out_.used(put(out, tail_));
}

// Adds of data to the unfinished line what belongs to it; returns what is left.
std::string_view JsonLines::complete_pending(std::string& pending, std::string_view data) {
    // One byte more than a piece: whether the line goes on decides how it ends.
    while (!pending.empty() && !data.empty()) {
        const std::string_view part = data.substr(0, kLongestPiece - pending.size());
        const std::size_t newline = part.find('\n');
        if (newline != std::string_view::npos) {
            pending += part.substr(0, newline);
            emit(pending, Ending::newline);
            std::string().swap(pending);
            return data.substr(newline + 1);
        }
        pending += part;
        data.remove_prefix(part.size());
        if (pending.size() < kLongestPiece) return data;
        const std::size_t size = piece_size(pending);
        emit(std::string_view(pending).substr(0, size), Ending::none);
        pending.erase(0, size);
    }
    return data;
}

void JsonLines::add(Stream stream, std::string_view data, std::int64_t time_ns) {
    set_tail(stream, time_ns);
    std::string& pending = pending_[stream == Stream::error ? 1 : 0];
    data = complete_pending(pending, data);
    while (!data.empty()) {
        const std::size_t newline = data.substr(0, kLongestPiece).find('\n');
        if (newline != std::string_view::npos) {
            emit(data.substr(0, newline), Ending::newline);
            data.remove_prefix(newline + 1);
        } else if (data.size() >= kLongestPiece) {
            const std::size_t size = piece_size(data);
            emit(data.substr(0, size), Ending::none);
            data.remove_prefix(size);
        } else {
            pending = data;
            return;
        }
    }
}

void JsonLines::finish(Stream stream, std::int64_t time_ns) {
    std::string& pending = pending_[stream == Stream::error ? 1 : 0];
    if (pending.empty()) return;
    set_tail(stream, time_ns);
    emit(pending, Ending::none);
    std::string().swap(pending);
}

} // namespace rt::shim
