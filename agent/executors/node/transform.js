// Copyright (C) the ngx_sandbox authors

// Turns a cell into a script that leaves its declarations to later cells.
// Lines, and columns but for the first line's, stay where they are.

'use strict';

const IMPORT = 'sandboxImport';


// the names that a pattern binds

function names(pattern, out) {
    switch (pattern && pattern.type) {

    case 'Identifier':
        out.push(pattern.name);
        break;

    case 'ObjectPattern':
        for (const p of pattern.properties) {
            names(p.type === 'RestElement' ? p.argument : p.value, out);
        }
        break;

    case 'ArrayPattern':
        for (const p of pattern.elements) {
            names(p, out);
        }
        break;

    case 'AssignmentPattern':
        names(pattern.left, out);
        break;

    case 'RestElement':
        names(pattern.argument, out);
    }

    return out;
}


// visits the nodes of a cell; awaits: those outside of functions

function survey(tree) {
    const found = { awaits: false, imports: [] };

    const visit = (node, inside) => {

        switch (node.type) {
        case 'AwaitExpression':
            found.awaits ||= !inside;
            break;

        case 'ForOfStatement':
            found.awaits ||= node.await && !inside;
            break;

        case 'ImportExpression':
            found.imports.push(node);
            break;

        case 'ImportDeclaration':
            found.awaits = true;
            break;

        case 'FunctionDeclaration':
        case 'FunctionExpression':
        case 'ArrowFunctionExpression':
        case 'PropertyDefinition':
        case 'StaticBlock':
            inside = true;
        }

        for (const key in node) {
            const child = node[key];

            if (Array.isArray(child)) {
                for (const c of child) {
                    if (c && typeof c.type === 'string') {
                        visit(c, inside);
                    }
                }

            } else if (child && typeof child.type === 'string') {
                visit(child, inside);
            }
        }
    };

    visit(tree, false);

    return found;
}


class Edits {

    constructor(code) {
        this.code = code;
        this.list = [];
    }

    replace(start, end, text) {
        this.list.push({ start, end, text });
    }

    // the lines of what is removed are kept

    lines(start, end) {
        return this.code.slice(start, end).replace(/[^\n]+/g, '');
    }

    apply() {
        let out = '', at = 0;

        this.list.sort((a, b) => a.start - b.start || a.end - b.end);

        for (const e of this.list) {
            out += this.code.slice(at, e.start) + e.text;
            at = e.end;
        }

        return out + this.code.slice(at);
    }
}


function importDeclaration(node, code, edits, declared) {
    const members = [];
    let whole = null;

    for (const s of node.specifiers) {
        declared.push(s.local.name);

        if (s.type === 'ImportNamespaceSpecifier') {
            whole = s.local.name;
            continue;
        }

        const name = s.type === 'ImportDefaultSpecifier' ? 'default'
            : s.imported.type === 'Literal' ? s.imported.raw
            : s.imported.name;

        members.push(`${name}: ${s.local.name}`);
    }

    let text = `await ${IMPORT}(${node.source.raw})`;

    if (whole) {
        text = `${whole} = ${text}`;
    }

    if (members.length) {
        text = `({${members.join(', ')}} = ${text})`;
    }

    edits.replace(node.start, node.end,
                  `${edits.lines(node.start, node.end)};${text};`);
}


function variables(node, edits, declared, wrapped) {
    for (const d of node.declarations) {
        names(d.id, declared);

        // each run of a cell makes a new variable

        if (d.init === null && node.kind !== 'var') {
            edits.replace(d.end, d.end, ' = undefined');
        }
    }

    const keyword = node.kind.length;

    if (!wrapped) {
        edits.replace(node.start, node.start + keyword,
                      'var'.padEnd(keyword));
        return;
    }

    // an assignment; in parentheses, as it may begin with a brace

    const last = node.declarations.at(-1);

    edits.replace(node.start, node.start + keyword, ';(');
    edits.replace(last.end, node.end, ');');

    for (const d of node.declarations) {
        if (d.init === null && node.kind === 'var') {
            edits.replace(d.end, d.end, ` = ${d.id.name}`);
        }
    }
}


function transform(acorn, code) {
    const tree = acorn.parse(code, {
        ecmaVersion: 'latest',
        sourceType: 'script',
        allowAwaitOutsideFunction: true,
        allowImportExportEverywhere: true,
        allowHashBang: true,
    });

    const found = survey(tree);
    const edits = new Edits(code);
    const declared = [], functions = [];
    const wrapped = found.awaits;
    let last = null;

    for (const statement of tree.body) {
        let node = statement;

        last = null;

        if (node.type === 'ExportNamedDeclaration' && node.declaration) {
            edits.replace(node.start, node.declaration.start, '');
            node = node.declaration;

        } else if (node.type.startsWith('Export')) {
            const error = new SyntaxError(
                'A cell exports nothing: its declarations are there for later '
                + 'cells.');
            error.pos = node.start;
            throw error;
        }

        switch (node.type) {

        case 'ImportDeclaration':
            importDeclaration(node, code, edits, declared);
            break;

        case 'VariableDeclaration':
            variables(node, edits, declared, wrapped);
            break;

        case 'ClassDeclaration':
            declared.push(node.id.name);
            edits.replace(node.start, node.start,
                          `${wrapped ? ';' : 'var '}${node.id.name} = `);
            edits.replace(node.end, node.end, ';');
            break;

        case 'FunctionDeclaration':
            functions.push(node.id.name);
            break;

        case 'ExpressionStatement':
            last = node;
        }
    }

    for (const node of found.imports) {
        edits.replace(node.start, node.start + 'import'.length, IMPORT);
    }

    if (!wrapped) {
        return { code: edits.apply(), offset: 0, valued: last !== null };
    }

    if (last) {
        edits.replace(last.start, last.start, ';return (');
        edits.replace(last.expression.end, last.end, ');');
    }

    const all = [...new Set([...declared, ...functions])];
    const assign = functions.map((f) => `globalThis.${f} = ${f};`).join('');
    const prefix = (all.length ? `var ${all.join(', ')};` : '')
        + `(async () => {${assign}`;

    return { code: `${prefix}${edits.apply()}\n})()`, offset: prefix.length,
             valued: last !== null };
}


module.exports = { transform };
