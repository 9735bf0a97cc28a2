// The other end in JavaScript: Oblivious HTTP as RFC 9458 writes it, on other people's HPKE
// (@hpke/core and the key exchanges beside it) and other people's Binary HTTP (bhttp-js).
//
// `client KEM URL BODY` sends one request through a relay and prints what it got. `gateway KEM
// TARGET SIGNED` listens, prints its port, and carries what it opens to TARGET; it serves the file
// SIGNED as the vendor's document of its keys. `example` computes Appendix A of RFC 9458.
const fs = require("node:fs");
const http = require("node:http");
const { randomBytes, webcrypto } = require("node:crypto");
const { Aes128Gcm, CipherSuite, HkdfSha256 } = require("@hpke/core");
const { DhkemX25519HkdfSha256 } = require("@hpke/dhkem-x25519");
const { XWing } = require("@hpke/hybridkem-x-wing");
const { BHttpDecoder, BHttpEncoder } = require("bhttp-js");

const { subtle } = webcrypto;
const kems = { x25519: DhkemX25519HkdfSha256, "x-wing": XWing };
const suiteOf = (kem) =>
  new CipherSuite({ kem: new kems[kem](), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const text = (words) => new TextEncoder().encode(words);
const hex = (digits) => Buffer.from(digits, "hex");
const own = (view) => Uint8Array.from(view).buffer;
const pair = (number) => [number >> 8, number & 255];

// Section 4.1: the header of a capsule, and what the sender's key is bound to.
const headerOf = (id, suite) => Buffer.from([id, ...pair(suite.kem.id), 0, 1, 0, 1]);
const infoOf = (header) =>
  own(Buffer.concat([text("message/bhttp request"), Buffer.of(0), header]));

// Section 4.4: how the key of an answer comes about.
async function answerKey(context, enc, nonce) {
  const secret = await context.export(own(text("message/bhttp response")), 16);
  const from = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const salt = Buffer.concat([enc, nonce]);
  const derive = (label, bits) =>
    subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: text(label) }, from, bits);
  const raw = await derive("key", 128);
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return [key, { name: "AES-GCM", iv: await derive("nonce", 96) }];
}

async function openCapsule(suite, recipientKey, capsule) {
  const enc = capsule.subarray(7, 7 + suite.kem.encSize);
  const info = infoOf(capsule.subarray(0, 7));
  const context = await suite.createRecipientContext({ recipientKey, enc: own(enc), info });
  const plain = await context.open(own(capsule.subarray(7 + suite.kem.encSize)));
  return { context, enc, plain };
}

async function sealAnswer({ context, enc }, nonce, plain) {
  const [key, algorithm] = await answerKey(context, enc, nonce);
  return Buffer.concat([nonce, Buffer.from(await subtle.encrypt(algorithm, key, plain))]);
}

// Section 3: a list of configurations, each behind its length; the first of the wanted kind.
function configurationOf(list, suite) {
  for (let at = 0; at < list.length; at += 2 + list.readUInt16BE(at)) {
    const one = list.subarray(at + 2, at + 2 + list.readUInt16BE(at));
    if (one.readUInt16BE(1) === suite.kem.id) {
      return { id: one[0], key: one.subarray(3, 3 + suite.kem.publicKeySize) };
    }
  }
  throw new Error("the gateway offers no key of this kind");
}

async function client(kem, url, body) {
  const suite = suiteOf(kem);
  const list = Buffer.from(await (await fetch(`${url}/ohttp-keys`)).arrayBuffer());
  const { id, key } = configurationOf(list, suite);
  const recipientPublicKey = await suite.kem.deserializePublicKey(own(key));
  const header = headerOf(id, suite);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: infoOf(header) });
  const request = new Request("https://stats.larkspur.example/v1/larkspur/usage", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const plain = await new BHttpEncoder().encodeRequest(request);
  const enc = Buffer.from(sender.enc);
  const capsule = Buffer.concat([header, enc, Buffer.from(await sender.seal(own(plain)))]);
  const headers = { "content-type": "message/ohttp-req" };
  const carried = await fetch(url, { method: "POST", headers, body: capsule });
  const sealed = Buffer.from(await carried.arrayBuffer());
  const [answersKey, algorithm] = await answerKey(sender, enc, sealed.subarray(0, 16));
  const opened = await subtle.decrypt(algorithm, answersKey, sealed.subarray(16));
  const answer = new BHttpDecoder().decodeResponse(opened);
  console.log(`${carried.status} ${answer.status} ${await answer.text()}`);
}

async function carry(plain, target) {
  const asked = new BHttpDecoder().decodeRequest(plain);
  const body = await asked.arrayBuffer();
  const found = await fetch(target + new URL(asked.url).pathname, {
    method: asked.method,
    headers: asked.headers,
    body: body.byteLength > 0 ? body : undefined,
  });
  return new BHttpEncoder().encodeResponse(found);
}

async function gateway(kem, target, signed) {
  const suite = suiteOf(kem);
  const { privateKey, publicKey } = await suite.kem.generateKeyPair();
  const key = Buffer.from(await suite.kem.serializePublicKey(publicKey));
  const one = Buffer.concat([Buffer.from([9, ...pair(suite.kem.id)]), key, hex("000400010001")]);
  const list = Buffer.concat([Buffer.from(pair(one.length)), one]);
  const server = http.createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const answer = (type, bytes) => {
      const headers = { "content-type": type, "content-length": bytes.length };
      response.writeHead(200, headers).end(bytes);
    };
    if (request.url === "/ohttp-keys") {
      answer("application/ohttp-keys", list);
    } else if (request.url === "/ohttp-keys/signed") {
      answer("application/json", fs.readFileSync(signed));
    } else {
      const opened = await openCapsule(suite, privateKey, Buffer.concat(pieces));
      const found = await carry(opened.plain, target);
      answer("message/ohttp-res", await sealAnswer(opened, randomBytes(16), found));
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

async function example() {
  const suite = suiteOf("x25519");
  const digits = "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a";
  const privateKey = await suite.kem.deserializePrivateKey(own(hex(digits)));
  const capsule = hex(
    "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b4726374e469135906" +
      "992e1268c594d2a10c695d858c40a026e7965e7d86b83dd440b2c0185204b4d63525",
  );
  const opened = await openCapsule(suite, privateKey, capsule);
  const asked = new BHttpDecoder().decodeRequest(opened.plain);
  const nonce = hex("c789e7151fcba46158ca84b04464910d");
  const answer = await sealAnswer(opened, nonce, hex("0140c8"));
  console.log(`${asked.method} ${asked.url} ${answer.toString("hex")}`);
}

const [what, ...rest] = process.argv.slice(2);
({ client, gateway, example })[what](...rest).catch((error) => {
  console.error(error);
  process.exit(1);
});
