// Holds the AwsSolutions rules against a cloud assembly: node nag.mjs DIRECTORY.
// Every finding must be accepted, with a reason, in accepted.json, and every
// acceptance must have its finding. Prints what is not so and exits 1.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import cdk from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { AwsSolutionsChecks } from 'cdk-nag';

const assembly = process.argv[2];
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const templates = readdirSync(assembly).filter((f) => f.endsWith('.template.json'));
const accepted = read(new URL('accepted.json', import.meta.url));

// findings: ["rule at stack/resource"], where the resource is named as in the
// template, but without the CDK's hash.
function findings(file) {
  const scope = new cdk.Stack(new cdk.App(), 'Checked');
  new CfnInclude(scope, 'Template', { templateFile: join(assembly, file) });
  const { violations } = new AwsSolutionsChecks().validateScope(scope);
  return violations.flatMap((v) => v.violatingResources.map((r) => {
    const resource = r.constructPath.split('/').pop().replace(/[0-9A-F]{8}$/, '');
    return `${v.ruleName} at ${file.replace('.template.json', '')}/${resource}`;
  }));
}

// An acceptance names findings with * for any text.
const pattern = (a) => new RegExp('^' + a.finding.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*') + '$');

const found = templates.flatMap(findings);
const unused = new Set(accepted);
const unexplained = found.filter((finding) => {
  const by = accepted.filter((a) => a.reason && pattern(a).test(finding));
  by.forEach((a) => unused.delete(a));
  return by.length === 0;
});

unexplained.forEach((finding) => console.log(`unexplained: ${finding}`));
unused.forEach((a) => console.log(`accepted, but not found: ${a.finding}`));
console.log(`${templates.length} templates, ${found.length} findings, ${unexplained.length} unexplained, ${unused.size} acceptances not needed`);
process.exit(unexplained.length + unused.size > 0 || found.length === 0 ? 1 : 0);
