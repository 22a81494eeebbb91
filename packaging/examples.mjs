// Checks that every example of the AsyncAPI document (the file in the argument) fits the schema of its message. Prints what does not, and
// ends with 1 if anything does not.

import * as fs from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const document = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
// Integers of 64 bits are integers.
ajv.addFormat('int64', true).addFormat('int32', true).addSchema(document, 'asyncapi');

let wrong = 0;
let right = 0;
for (const [name, { examples }] of Object.entries(document.components.messages)) {
  const validate = ajv.getSchema(`asyncapi#/components/messages/${name}/payload`);
  for (const { payload } of examples) {
    if (validate(payload)) {
      right += 1;
      continue;
    }
    wrong += 1;
    console.error(`${name}: ${JSON.stringify(payload)}\n  ${ajv.errorsText(validate.errors, { separator: '\n  ' })}`);
  }
}
if (right === 0) console.error('there are no examples');
process.exit(wrong || right === 0 ? 1 : 0);
