// Verifies one bundle with sigstore-js: a question as JSON on standard input, exit code 0 for yes.
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const { bundle, root, data, key, identity, issuer } = JSON.parse(readFileSync(0, "utf8"));

function byKey() {
  const publicKey = createPublicKey(key);
  const material = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
  return new Verifier(material, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
}

try {
  const content = data === null ? undefined : Buffer.from(data, "base64");
  const entity = toSignedEntity(bundleFromJSON(bundle), content);
  if (key) {
    byKey().verify(entity);
  } else {
    new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root))).verify(entity, {
      subjectAlternativeName: identity,
      extensions: { issuer },
    });
  }
} catch (error) {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
