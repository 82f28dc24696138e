// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/template_ast.hpp"

#include <cctype>
#include <charconv>

namespace rt::cli::template_ast {
namespace {

bool starts_name(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool in_name(char c) {
    return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

class Reader {
public:
    Reader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    Result<std::vector<Token>> all() {
        std::vector<Token> tokens;
        for (;;) {
            const std::size_t before = next_;
            while (next_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[next_])) != 0)
                ++next_;
            Token token;
            token.at = at_ + next_;
            token.after_space = next_ != before;
            RT_TRY(read(token));
            tokens.push_back(token);
            if (token.kind == Token::Kind::end) return tokens;
        }
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return next_ + ahead < text_.size() ? text_[next_ + ahead] : '\0';
    }

    std::string name() {
        const std::size_t begin = next_;
        while (next_ < text_.size() && in_name(text_[next_])) ++next_;
        return std::string(text_.substr(begin, next_ - begin));
    }

    void take(Token& token, Token::Kind kind, std::size_t length) {
        token.kind = kind;
        token.text = text_.substr(next_, length);
        next_ += length;
    }

    Result<void> read(Token& token) {
        using enum Token::Kind;
        if (next_ == text_.size()) return {};
        const char c = peek();
        if (c == '.' && starts_name(peek(1))) {
            ++next_;
            token.kind = field;
            token.text = name();
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' ||
                   (c == '.' && std::isdigit(static_cast<unsigned char>(peek(1))) != 0)) {
            return number(token);
        } else if (c == '.') {
            take(token, dot, 1);
        } else if (c == '$') {
            ++next_;
            token.kind = variable;
            token.text = cat("$", name());
        } else if (starts_name(c)) {
            token.kind = word;
            token.text = name();
        } else if (c == '"' || c == '`' || c == '\'') {
            return quoted(token, c);
        } else if (c == '|') {
            take(token, pipe, 1);
        } else if (c == ':' && peek(1) == '=') {
            take(token, declare, 2);
        } else if (c == '=') {
            take(token, assign, 1);
        } else if (c == ',') {
            take(token, comma, 1);
        } else if (c == '(') {
            take(token, open, 1);
        } else if (c == ')') {
            take(token, close, 1);
        } else {
            return fail(Code::invalid_argument, "at column ", token.at, ": unexpected '", c, "'");
        }
        return {};
    }

    Result<void> number(Token& token) {
        const std::size_t begin = next_ + (peek() == '+' ? 1 : 0);
        const char* const first = text_.data() + begin;
        const char* const last = text_.data() + text_.size();
        std::int64_t whole = 0;
        double real = 0;
        auto parsed = std::from_chars(first, last, whole);
        token.literal = whole;
        if (const auto other = std::from_chars(first, last, real); other.ptr > parsed.ptr) {
            parsed = other;
            token.literal = real;
        }
        if (parsed.ec != std::errc() || (parsed.ptr != last && in_name(*parsed.ptr)))
            return fail(Code::invalid_argument, "at column ", token.at, ": not a number");
        next_ = static_cast<std::size_t>(parsed.ptr - text_.data());
        token.kind = Token::Kind::literal;
        return {};
    }

    Result<void> quoted(Token& token, char quote) {
        std::string value;
        ++next_;
        for (; peek() != quote || next_ >= text_.size(); ++next_) {
            if (next_ >= text_.size())
                return fail(Code::invalid_argument, "at column ", token.at, ": unterminated quoted string");
            if (quote != '`' && peek() == '\\') {
                ++next_;
                RT_TRY_ASSIGN(const char c, escaped(token.at));
                value += c;
            } else {
                value += peek();
            }
        }
        ++next_;
        token.kind = Token::Kind::literal;
        if (quote != '\'') {
            token.literal = value;
        } else if (value.size() == 1) {
            token.literal = static_cast<int>(value[0]); // a character is its number, as in Go
        } else {
            return fail(Code::invalid_argument, "at column ", token.at, ": not one character in '...'");
        }
        return {};
    }

    Result<char> escaped(std::size_t at) {
        switch (peek()) {
        case 'n': return '\n';
        case 't': return '\t';
        case 'r': return '\r';
        case '"':
        case '\'':
        case '\\': return peek();
        default:
            return fail(Code::invalid_argument, "at column ", at, ": unknown escape '\\",
                        std::string(1, peek()), "'");
        }
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t next_ = 0;
};

} // namespace

Result<std::vector<Token>> read_tokens(std::string_view text, std::size_t at) {
    return Reader(text, at).all();
}

} // namespace rt::cli::template_ast
