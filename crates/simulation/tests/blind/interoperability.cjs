// The other end in JavaScript: Oblivious HTTP as RFC 9458 writes it, on the packages hpke-js and
// bhttp-js. `client URL BODY` sends one request through a relay and prints what it got; `gateway`
// listens, prints its port, and answers what it opens.
const http = require("node:http");
const { AeadId, CipherSuite, KdfId, KemId } = require("hpke-js");
const { BHttpDecoder, BHttpEncoder } = require("bhttp-js");

const suite = new CipherSuite({
  kem: KemId.DhkemX25519HkdfSha256,
  kdf: KdfId.HkdfSha256,
  aead: AeadId.Aes128Gcm,
});
const text = (words) => new TextEncoder().encode(words);
const bytes = (buffer) => new Uint8Array(buffer);

// Sections 4.3 and 4.4: what is mixed into the keys, and how an answer's key is made.
const info = (header) => Buffer.concat([text("message/bhttp request"), Buffer.of(0), header]);
async function answerKey(context, enc, nonce) {
  const secret = await context.export(text("message/bhttp response"), 16);
  const from = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const derive = (label, bits) =>
    crypto.subtle.deriveBits(
      { name: "HKDF", hash: "SHA-256", salt: Buffer.concat([enc, nonce]), info: text(label) },
      from,
      bits,
    );
  const raw = await derive("key", 128);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return [key, { name: "AES-GCM", iv: await derive("nonce", 96) }];
}

async function client(url, body) {
  const list = bytes(await (await fetch(`${url}/ohttp-keys`)).arrayBuffer());
  const one = list.subarray(2, 2 + list[0] * 256 + list[1]);
  const recipientPublicKey = await suite.kem.deserializePublicKey(one.slice(3, 35).buffer);
  const header = Buffer.from([one[0], 0, 32, 0, 1, 0, 1]);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: info(header) });
  const request = new Request("https://collector.example/v1/larkspur/usage", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const plain = await new BHttpEncoder().encodeRequest(request);
  const enc = bytes(sender.enc);
  const capsule = Buffer.concat([header, enc, bytes(await sender.seal(plain))]);
  const carried = await fetch(url, {
    method: "POST",
    headers: { "content-type": "message/ohttp-req" },
    body: capsule,
  });
  const sealed = bytes(await carried.arrayBuffer());
  const [key, algorithm] = await answerKey(sender, enc, sealed.subarray(0, 16));
  const opened = await crypto.subtle.decrypt(algorithm, key, sealed.subarray(16));
  const answer = new BHttpDecoder().decodeResponse(opened);
  console.log(`${carried.status} ${answer.status} ${await answer.text()}`);
}

async function gateway() {
  const pair = await suite.kem.generateKeyPair();
  const pub = bytes(await suite.kem.serializePublicKey(pair.publicKey));
  const list = Buffer.concat([Buffer.from([0, 41, 9, 0, 32]), pub, Buffer.from([0, 4, 0, 1, 0, 1])]);
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/ohttp-keys" }).end(list);
      return;
    }
    const capsule = bytes(Buffer.concat(pieces));
    const enc = capsule.slice(7, 39);
    const recipient = await suite.createRecipientContext({
      recipientKey: pair.privateKey,
      enc: enc.buffer,
      info: info(Buffer.from(capsule.subarray(0, 7))),
    });
    const plain = await recipient.open(capsule.slice(39).buffer);
    const asked = new BHttpDecoder().decodeRequest(plain);
    const words = `${asked.method} ${new URL(asked.url).pathname} ${await asked.text()}`;
    const said = await new BHttpEncoder().encodeResponse(new Response(words, { status: 202 }));
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const [key, algorithm] = await answerKey(recipient, enc, nonce);
    const sealed = bytes(await crypto.subtle.encrypt(algorithm, key, said));
    response.writeHead(200, { "content-type": "message/ohttp-res" });
    response.end(Buffer.concat([nonce, sealed]));
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

const [what, ...rest] = process.argv.slice(2);
(what === "client" ? client(...rest) : gateway()).catch((error) => {
  console.error(error);
  process.exit(1);
});
