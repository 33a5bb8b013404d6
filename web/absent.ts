/**
 * What stands in the bundle for two modules that age-encryption brings along and this client cannot reach: the NIST
 * curves, for recipients on a hardware key (`age1tag1…`, `age1tagpq1…`), and scrypt, for passphrases. They would be a
 * fifth of the script. portal/site/bundle.py puts this in their place; tests in Node use the originals.
 *
 * It is safe because protocol/age.ts gives the library no other recipients and identities than protocol/recipient.ts
 * encodes (`age1pq1…`, `AGE-SECRET-KEY-PQ-1…`), and refuses a header with any other stanza before the library sees it.
 * Should a change reach one of these after all, then every call throws and nothing is sealed.
 */

const refuse = (): never => {
  throw new Error("this is not in the bundle; see web/absent.ts");
};

// noble measures the curves of all its hybrids when it is loaded, though it uses one without them. No key has one byte.
const curve = {
  lengths: { secretKey: 1, publicKey: 1, publicKeyUncompressed: 1, seed: 1 },
  Point: { Fn: {}, fromBytes: refuse },
  utils: { randomSecretKey: refuse },
  keygen: refuse,
  getPublicKey: refuse,
  getSharedSecret: refuse,
};

export const p256 = curve;
export const p384 = curve;
export const scrypt = refuse;
