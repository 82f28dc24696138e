// SPDX-License-Identifier: Apache-2.0
// Tar archives byte by byte, so that a test can say what no honest program would: names with "..", links to
// elsewhere, wrong sizes. ustar headers, with pax records where an entry asks for them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

namespace rt::test {

struct TarEntry {
    std::string name;
    char type =
        '0'; // '0' file, '1' hard link, '2' symbolic link, '3' char, '4' block, '5' directory, '6' pipe
    std::string content = {};
    std::string link = {};
    unsigned mode = 0644;
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::int64_t mtime = 1'000'000'000;
    unsigned major = 0;
    unsigned minor = 0;
    std::map<std::string, std::string> pax = {};
};

class TarBuilder {
public:
    TarBuilder& add(TarEntry entry) {
        if (entry.name.size() > 100) entry.pax["path"] = entry.name;
        if (entry.link.size() > 100) entry.pax["linkpath"] = entry.link;
        if (entry.uid > 07777777) entry.pax["uid"] = std::to_string(entry.uid);
        if (entry.gid > 07777777) entry.pax["gid"] = std::to_string(entry.gid);
        if (!entry.pax.empty()) {
            std::string records;
            for (const auto& [key, value] : entry.pax) records += record(key, value);
            append({.name = "pax", .type = 'x', .content = records});
        }
        append(entry);
        return *this;
    }
    TarBuilder& directory(const std::string& name, unsigned mode = 0755) {
        return add({.name = name, .type = '5', .mode = mode});
    }
    TarBuilder& file(const std::string& name, const std::string& content = "x", unsigned mode = 0644) {
        return add({.name = name, .content = content, .mode = mode});
    }
    TarBuilder& symlink(const std::string& name, const std::string& target) {
        return add({.name = name, .type = '2', .link = target, .mode = 0777});
    }
    TarBuilder& hard_link(const std::string& name, const std::string& target) {
        return add({.name = name, .type = '1', .link = target});
    }

    [[nodiscard]] std::string bytes() const { return bytes_ + std::string(1024, '\0'); }
    [[nodiscard]] std::string unfinished() const { return bytes_; }

private:
    static std::string record(const std::string& key, const std::string& value) {
        std::size_t size = key.size() + value.size() + 3;
        std::string digits = std::to_string(size + std::to_string(size).size());
        digits = std::to_string(size + digits.size());
        return digits + " " + key + "=" + value + "\n";
    }
    static void put(std::string& header, std::size_t at, std::string_view text) {
        header.replace(at, text.size(), text);
    }
    static std::string octal(std::uint64_t number, int digits) {
        char text[32];
        std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(number));
        return text;
    }
    void append(const TarEntry& entry) {
        std::string header(512, '\0');
        put(header, 0, std::string_view(entry.name).substr(0, 100));
        put(header, 100, octal(entry.mode, 7));
        put(header, 108, octal(entry.uid & 07777777, 7));
        put(header, 116, octal(entry.gid & 07777777, 7));
        put(header, 124, octal(entry.content.size(), 11));
        put(header, 136, octal(static_cast<std::uint64_t>(entry.mtime), 11));
        put(header, 148, "        ");
        header[156] = entry.type;
        put(header, 157, std::string_view(entry.link).substr(0, 100));
        put(header, 257,
            std::string_view("ustar\0"
                             "00",
                             8));
        put(header, 329, octal(entry.major, 7));
        put(header, 337, octal(entry.minor, 7));
        unsigned sum = 0;
        for (const char c : header) sum += static_cast<unsigned char>(c);
        put(header, 148, octal(sum, 6));
        header[154] = '\0';
        bytes_ += header + entry.content + std::string((512 - entry.content.size() % 512) % 512, '\0');
    }

    std::string bytes_;
};

} // namespace rt::test
