// SPDX-License-Identifier: Apache-2.0
// testcontainers (Node) against rtd: a service that is waited for by its log and its port, a program in it, files
// that are copied there, a network with an alias. Says "all is well" at its end. node testcontainers_client.js SOCKET
const assert = require("node:assert");

process.env.DOCKER_HOST = `unix://${process.argv[2]}`;
process.env.TESTCONTAINERS_RYUK_DISABLED = "true"; // its image would have to be pulled

const { GenericContainer, Network, Wait } = require("testcontainers");

async function main() {
    const network = await new Network().start();
    const web = await new GenericContainer("busybox")
        .withCommand(["sh", "-c", "echo served; exec httpd -f -p 80 -h /tmp"])
        .withCopyContentToContainer([{ content: "hello\n", target: "/tmp/file" }])
        .withEnvironment({ KEY: "value" })
        .withLabels({ of: "testcontainers" })
        .withNetwork(network)
        .withNetworkAliases("site")
        .withExposedPorts(80)
        .withWaitStrategy(Wait.forAll([Wait.forLogMessage("served"), Wait.forListeningPorts()]))
        .start();
    const answer = await fetch(`http://${web.getHost()}:${web.getMappedPort(80)}/file`);
    assert.strictEqual(await answer.text(), "hello\n");

    const said = await web.exec(["sh", "-c", "echo $KEY; exit 3"]);
    assert.strictEqual(said.output, "value\n");
    assert.strictEqual(said.exitCode, 3);

    const client = await new GenericContainer("busybox")
        .withCommand(["sh", "-c", "wget -q -O - http://site/file && sleep 1000"])
        .withNetwork(network)
        .withWaitStrategy(Wait.forLogMessage("hello"))
        .start();
    await client.restart({ timeout: 0 });
    await client.stop({ timeout: 0 });
    await web.stop({ timeout: 0 });
    await network.stop();
    console.log("all is well");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
