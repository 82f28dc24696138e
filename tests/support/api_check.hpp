// SPDX-License-Identifier: Apache-2.0
// Whether JSON is what docker's API says an answer is: types, enums, dates, every field that docker writes,
// and no other. The facts are tests/fixtures/docker_api.json, which scripts/make-api-facts wrote.
#pragma once

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <vector>

namespace rt::test {

// What is wrong with it, each with its place ("HostConfig.Binds: ..."); empty: nothing.
std::vector<std::string> violations(const nlohmann::json& value, const std::string& definition);

// The same of an answer to a request, whose target may have parameters. Errors are {"message": ...}; what
// docker describes no body of passes, and so does what is asked in the words of an older version.
std::vector<std::string> answer_violations(const std::string& method, const std::string& target, int status,
                                           const std::string& body);

// "Config.Env" and so on: the fields of a definition.
std::set<std::string> fields_of_definition(const std::string& definition);

} // namespace rt::test
