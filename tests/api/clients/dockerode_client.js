// SPDX-License-Identifier: Apache-2.0
// What programs do with dockerode: argv[2] is the socket. Ends with an error at the first surprise.
'use strict';
const assert = require('assert');
const { PassThrough, Writable } = require('stream');
const Docker = require('dockerode');

const docker = new Docker({ socketPath: process.argv[2] });

function collector() {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (piece) => { text += piece; });
  return [stream, () => text];
}

const parts = {
  async system() {
    assert.equal((await docker.ping()).toString(), 'OK');
    assert.equal((await docker.version()).ApiVersion, '1.50');
    assert.equal((await docker.info()).Driver, 'overlayfs');
    assert((await docker.df()).Images.length > 0);
  },
  async run() {
    const [out, text] = collector();
    const [result, container] = await docker.run('busybox', ['sh', '-c', 'echo hello; exit 3'], out);
    assert.equal(result.StatusCode, 3);
    assert.equal(text().replace('\r', ''), 'hello\n');
    await container.remove();
    await assert.rejects(docker.getContainer('nothing').inspect(), { statusCode: 404 });
    await assert.rejects(docker.createContainer({ Image: 'nothing:here' }), { statusCode: 404 });
  },
  async life() {
    const container = await docker.createContainer(
      { Image: 'busybox', name: 'life', Cmd: ['sh', '-c', 'echo out; echo err >&2; sleep 100'], Labels: { who: 'node' } });
    const attached = await container.attach({ stream: true, stdout: true, stderr: true });
    const [out, outText] = collector();
    const [err, errText] = collector();
    container.modem.demuxStream(attached, out, err);
    await container.start();
    while (outText() !== 'out\n' || errText() !== 'err\n') await new Promise((done) => setImmediate(done));
    assert.equal((await docker.listContainers({ filters: { label: ['who=node'] } }))[0].Id, container.id);
    assert.equal((await container.stats({ stream: false })).id, container.id);
    await container.rename({ name: 'renamed' });
    await container.pause();
    await container.unpause();
    await assert.rejects(container.remove(), { statusCode: 409 });
    const waiting = container.wait();
    await container.stop({ t: 0 });
    assert.equal((await waiting).StatusCode, 137);
    assert((await container.logs({ stdout: true })).includes('out'));
    await container.remove();
  },
  async exec() {
    const container = await docker.createContainer({ Image: 'busybox', Cmd: ['sleep', '100'] });
    await container.start();
    const exec = await container.exec({ Cmd: ['cat'], AttachStdin: true, AttachStdout: true });
    const stream = await exec.start({ hijack: true, stdin: true });
    const [out, text] = collector();
    docker.modem.demuxStream(stream, out, new Writable());
    stream.write('said\n');
    stream.end();
    await new Promise((done) => stream.on('end', done));
    assert.equal(text(), 'said\n');
    assert.equal((await exec.inspect()).ExitCode, 0);
    await container.remove({ force: true });
  },
  async things() {
    const network = await docker.createNetwork({ Name: 'mine' });
    const volume = await docker.createVolume({ Name: 'data' });
    assert.equal((await network.inspect()).Driver, 'bridge');
    assert.equal((await docker.listVolumes()).Volumes[0].Name, 'data');
    await docker.getVolume('data').remove();
    await network.remove();
  },
  async events() {
    const stream = await docker.getEvents({ filters: { type: ['volume'] } });
    const seen = new Promise((done) => stream.once('data', done));
    await docker.createVolume({ Name: 'seen' });
    assert.equal(JSON.parse((await seen).toString()).Action, 'create');
    stream.destroy();
    await docker.getVolume('seen').remove();
  },
};

(async () => {
  for (const [name, part] of Object.entries(parts)) {
    await part();
    console.log(name);
  }
  process.exit(0);
})().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
