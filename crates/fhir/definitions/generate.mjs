// Makes the compact tables in this folder from the official definitions of FHIR R4 (CC0):
//   node generate.mjs FOLDER
// FOLDER holds profiles-resources.json, profiles-types.json, valuesets.json (each may be .gz),
// search-parameters.json and compartmentdefinition-patient.json.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const RESOURCES = `ActivityDefinition AllergyIntolerance Appointment AuditEvent Basic Binary BodyStructure Bundle CarePlan CareTeam
  Claim ClinicalImpression Communication Composition Condition Consent Coverage Device DeviceMetric DiagnosticReport
  DocumentReference Encounter Endpoint ExplanationOfBenefit FamilyMemberHistory Flag Goal Group GuidanceResponse ImagingStudy
  Immunization List Location Media Medication MedicationAdministration MedicationRequest MedicationStatement
  Observation Organization Patient PlanDefinition Practitioner PractitionerRole Procedure Provenance Questionnaire
  QuestionnaireResponse RelatedPerson RiskAssessment ServiceRequest Specimen Task`.split(/\s+/);

const folder = process.argv[2];
if (!folder) throw new Error("name the folder with the official definitions");
const read = (name) => {
  const plain = join(folder, name);
  return JSON.parse(existsSync(plain) ? readFileSync(plain, "utf8") : gunzipSync(readFileSync(plain + ".gz")));
};
const resourcesOf = (name, type) =>
  read(name).entry.map((e) => e.resource).filter((r) => r.resourceType === type);
const write = (name, value) => {
  // One line for each top-level key: small, and a changed type is a changed line.
  const lines = Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${JSON.stringify(value[k])}`);
  writeFileSync(new URL(name, import.meta.url), `{\n${lines.join(",\n")}\n}\n`);
};

// Structures. "1..1 code =URL" is an element's cardinality, its types, and its required value set.
const definitions = new Map(
  [...resourcesOf("profiles-resources.json", "StructureDefinition"),
   ...resourcesOf("profiles-types.json", "StructureDefinition")]
    .filter((d) => d.derivation !== "constraint").map((d) => [d.type, d]));
const structures = {};
const valueSets = new Set();
const typeOf = (t) => {
  const fhirType = t.extension?.find((e) => e.url.endsWith("structuredefinition-fhir-type"))?.valueUrl;
  return fhirType ?? (t.code.startsWith("http://hl7.org/fhirpath/") ? "string" : t.code);
};
const wanted = [...RESOURCES];
for (let name; (name = wanted.shift()); ) {
  const definition = definitions.get(name);
  if (!definition || structures[name] || definition.kind === "primitive-type") continue;
  structures[name] = {};
  for (const element of definition.snapshot.element.slice(1)) {
    const parent = element.path.slice(0, element.path.lastIndexOf("."));
    const child = element.path.slice(parent.length + 1);
    let types = (element.type ?? []).map(typeOf);
    const nested = types.length === 1 && ["BackboneElement", "Element"].includes(types[0])
      && definition.snapshot.element.some((e) => e.path.startsWith(element.path + "."));
    if (nested) types = ["#" + element.path];
    if (element.contentReference) types = [element.contentReference];
    for (const type of types) if (!type.startsWith("#") && !structures[type]) wanted.push(type);
    let line = `${element.min}..${element.max} ${[...new Set(types)].join("|")}`;
    const bound = element.binding;
    if (bound?.strength === "required" && types.length === 1 && types[0] === "code") {
      const url = bound.valueSet.split("|")[0];
      valueSets.add(url);
      line += ` =${url}`;
    }
    (structures[parent] ??= {})[child] = line;
  }
}

// Codes of the required value sets that the official files spell out in full.
const sets = new Map(resourcesOf("valuesets.json", "ValueSet").map((v) => [v.url, v]));
const systems = new Map(resourcesOf("valuesets.json", "CodeSystem").map((c) => [c.url, c]));
const flatten = (concepts) => (concepts ?? []).flatMap((c) => [c.code, ...flatten(c.concept)]);
const codesOf = (url) => {
  const compose = sets.get(url)?.compose;
  if (!compose || compose.exclude) return undefined;
  const all = [];
  for (const part of compose.include) {
    if (part.filter || part.valueSet) return undefined;
    const system = systems.get(part.system);
    if (part.concept) all.push(...part.concept.map((c) => c.code));
    else if (system?.content === "complete") all.push(...flatten(system.concept));
    else return undefined;
  }
  return all.length && all.length <= 300 ? [...new Set(all)].sort() : undefined;
};
const codes = {};
for (const url of valueSets) {
  const found = codesOf(url);
  if (found) codes[url] = found;
}
for (const type of Object.values(structures))
  for (const [name, line] of Object.entries(type)) {
    const [rest, url] = line.split(" =");
    if (url && !codes[url]) type[name] = rest;
  }
write("structures.json", structures);
write("codes.json", codes);

// Search parameters: type, expression, reference targets. An expression for many types is cut to the
// alternatives of each.
const search = Object.fromEntries(RESOURCES.map((r) => [r, {}]));
for (const parameter of resourcesOf("search-parameters.json", "SearchParameter")) {
  if (!parameter.expression || ["composite", "special"].includes(parameter.type)) continue;
  for (const resource of RESOURCES) {
    if (!parameter.base.includes(resource)) continue;
    const own = parameter.expression.split("|").map((part) => part.trim())
      .filter((part) => part.replace(/^\(/, "").split(".")[0] === resource).join(" | ");
    if (!own) continue;
    const entry = { type: parameter.type, path: own };
    if (parameter.target) {
      const only = /resolve\(\) is (\w+)/.exec(own)?.[1];
      entry.targets = only ? [only] : parameter.target;
    }
    search[resource][parameter.code] = entry;
  }
}
write("search.json", search);

const compartment = {};
for (const { code, param } of read("compartmentdefinition-patient.json").resource)
  if (param && RESOURCES.includes(code)) compartment[code] = param;
write("compartment-patient.json", compartment);
