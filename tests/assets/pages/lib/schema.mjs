// SPDX-License-Identifier: Apache-2.0
// Holds values against the schemas of daemon/pages/openapi.json. It knows the keywords that the file
// uses and refuses others, so that none is passed over in silence.

const kTypes = {
    object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
    array: Array.isArray,
    string: (value) => typeof value === "string",
    number: (value) => typeof value === "number" && Number.isFinite(value),
    integer: Number.isInteger,
    boolean: (value) => typeof value === "boolean",
    null: (value) => value === null,
};

const kKeywords = {
    description: () => [],
    type: (types, value) => [types].flat().some((type) => kTypes[type](value))
        ? [] : [`is no ${[types].flat().join(" or ")}`],
    enum: (values, value) => values.includes(value) ? [] : ["is none of the enum"],
    pattern: (pattern, value) => typeof value !== "string" || new RegExp(pattern, "u").test(value)
        ? [] : [`does not match ${pattern}`],
    minimum: (least, value) => typeof value !== "number" || value >= least
        ? [] : [`is below ${least}`],
    maximum: (most, value) => typeof value !== "number" || value <= most
        ? [] : [`is above ${most}`],
    required: (names, value) => !kTypes.object(value) ? []
        : names.filter((name) => !(name in value)).map((name) => `lacks ${name}`),
};

/** The mistakes of `value`, each with its place; `root` is the whole document. */
export function mistakes(root, schema, value, place = "$") {
    const found = [];
    const below = (part, inner, where) => found.push(...mistakes(root, part, inner, where));
    for (const [keyword, rule] of Object.entries(schema)) {
        if (kKeywords[keyword]) {
            found.push(...kKeywords[keyword](rule, value).map((text) => `${place} ${text}`));
        } else if (keyword === "$ref") {
            const target = rule.replace("#/", "").split("/").reduce((node, name) => node[name], root);
            below(target, value, place);
        } else if (keyword === "anyOf") {
            if (rule.every((part) => mistakes(root, part, value, place).length)) {
                found.push(`${place} is none of anyOf`);
            }
        } else if (keyword === "items") {
            if (Array.isArray(value)) value.forEach((one, i) => below(rule, one, `${place}[${i}]`));
        } else if (keyword === "properties") {
            for (const [name, part] of Object.entries(rule)) {
                if (kTypes.object(value) && name in value) below(part, value[name], `${place}.${name}`);
            }
        } else if (keyword === "additionalProperties") {
            if (!kTypes.object(value)) continue;
            const known = Object.keys(schema.properties || {});
            for (const name of Object.keys(value).filter((one) => !known.includes(one))) {
                if (rule === false) found.push(`${place} has ${name}, which nobody knows`);
                else if (rule !== true) below(rule, value[name], `${place}.${name}`);
            }
        } else {
            throw new Error(`schema.mjs does not know the keyword ${keyword} (${place})`);
        }
    }
    return found;
}
