// Copyright (C) the ngx_sandbox authors

// Turns a cell into a script that leaves its declarations to later cells.
// Lines stay where they are, and columns up to the first change in a line.
//
// A cell that awaits becomes an async function, whose declarations are
// assignments to variables of the script:
//
//     const a = await f()    var a;(async () => {;(a = await …(f()));})

'use strict';

const CELL = 'sandboxCell';                     // see globals.js


// the names that a pattern binds

function names(pattern, out = []) {
    switch (pattern?.type) {

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


const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression',
    'ArrowFunctionExpression', 'PropertyDefinition', 'StaticBlock']);


// What a cell has: awaits and declarations of var outside of functions, and
// import() and import.meta anywhere.

function survey(tree) {
    const found = { awaits: [], imports: [], metas: [], vars: [] };

    const visit = (node, parent, inside) => {

        switch (node.type) {
        case 'AwaitExpression':
            inside || found.awaits.push(node);
            break;

        case 'ForOfStatement':
            inside || node.await && found.awaits.push(node);
            break;

        case 'ImportExpression':
            found.imports.push(node);
            break;

        case 'MetaProperty':
            node.meta.name === 'import' && found.metas.push(node);
            break;

        case 'VariableDeclaration':
            inside || parent === tree || node.kind !== 'var'
                || found.vars.push([node, parent]);
        }

        inside ||= FUNCTIONS.has(node.type);

        for (const key in node) {
            const child = node[key];

            for (const c of Array.isArray(child) ? child : [child]) {
                if (c && typeof c.type === 'string') {
                    visit(c, node, inside);
                }
            }
        }
    };

    visit(tree, null, false);

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

    insert(at, text) {
        this.replace(at, at, text);
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


class Cell {

    constructor(tree, code, number) {
        this.tree = tree;
        this.code = code;
        this.number = number;
        this.found = survey(tree);
        this.edits = new Edits(code);
        this.declared = new Set();
        this.functions = [];
        this.wrapped = this.found.awaits.length > 0
            || tree.body.some((s) => s.type === 'ImportDeclaration');
    }

    declare(pattern) {
        for (const name of names(pattern)) {
            this.declared.add(name);
        }
    }

    importDeclaration(node) {
        const members = [], exports = [];
        let whole = null;

        for (const s of node.specifiers) {
            this.declare(s.local);

            if (s.type === 'ImportNamespaceSpecifier') {
                whole = s.local.name;
                continue;
            }

            const name = s.type === 'ImportDefaultSpecifier' ? '"default"'
                : s.imported.type === 'Literal' ? s.imported.raw
                : JSON.stringify(s.imported.name);

            members.push(`${name}: ${s.local.name}`);
            exports.push(name);
        }

        // with { type: "json" }
        const rest = this.code.slice(node.source.end, node.end);
        const options = rest.includes('{')
            ? `, { with: ${rest.replace(/;\s*$/, '')
                .slice(rest.indexOf('{'))} }` : '';

        let text = `await ${CELL}.take(${node.source.raw}, [${exports}]`
            + `${options})`;

        if (whole) {
            text = `${whole} = ${text}`;
        }

        if (members.length) {
            text = `({${members.join(', ')}} = ${text})`;
        }

        this.edits.replace(node.start, node.end,
            `${this.edits.lines(node.start, node.end)};${text};`);
    }

    // each run of a cell makes new variables

    initialize(node) {
        for (const d of node.declarations) {
            this.declare(d.id);

            if (d.init === null) {
                this.edits.insert(d.end, node.kind === 'var'
                    ? ` = ${d.id.name}` : ' = undefined');
            }
        }
    }

    // an assignment; in parentheses, as it may begin with a brace

    assignment(node, isListed) {
        const last = node.declarations.at(-1);

        this.edits.replace(node.start, node.start + node.kind.length,
                           isListed ? ';(' : ' (');
        this.initialize(node);
        this.edits.replace(last.end, node.end, ');');
    }

    variables(node) {
        if (this.wrapped) {
            this.assignment(node, true);
            return;
        }

        for (const d of node.declarations) {
            this.declare(d.id);

            if (d.init === null && node.kind !== 'var') {
                this.edits.insert(d.end, ' = undefined');
            }
        }

        this.edits.replace(node.start, node.start + node.kind.length,
                           'var'.padEnd(node.kind.length));
    }

    // those of var that are not statements of the cell itself

    inner(node, parent) {
        if (!this.wrapped) {
            for (const d of node.declarations) {
                this.declare(d.id);
            }

        } else if (parent.type.startsWith('For') && parent.body !== node) {
            for (const d of node.declarations) {
                this.declare(d.id);
            }

            this.edits.replace(node.start, node.start + 3, '   ');

        } else {
            this.assignment(node, Array.isArray(parent.body)
                            || parent.type === 'SwitchCase');
        }
    }

    classDeclaration(node) {
        this.declare(node.id);
        this.edits.insert(node.start,
            `${this.wrapped ? ';' : 'var '}${node.id.name} = `);
        this.edits.insert(node.end, ';');
    }

    exportDeclaration(node) {
        const inner = node.declaration;

        if (inner?.id || inner?.type === 'VariableDeclaration') {
            this.edits.replace(node.start, inner.start, '');
            this.statement(inner);

        } else if (inner && !/^(Function|Class)/.test(inner.type)) {
            this.edits.replace(node.start, inner.start, ';');

        } else if (node.specifiers && !node.source) {
            this.edits.replace(node.start, node.end,
                `${this.edits.lines(node.start, node.end)};`);

        } else {
            const error = new SyntaxError(
                'A cell exports nothing: its declarations are there for later '
                + 'cells.');
            error.pos = node.start;
            throw error;
        }
    }

    statement(node) {
        switch (node.type) {

        case 'ImportDeclaration':
            this.importDeclaration(node);
            break;

        case 'VariableDeclaration':
            this.variables(node);
            break;

        case 'ClassDeclaration':
            this.classDeclaration(node);
            break;

        case 'FunctionDeclaration':
            this.declare(node.id);
            this.functions.push(node.id.name);
            break;

        case 'ExportNamedDeclaration':
        case 'ExportDefaultDeclaration':
        case 'ExportAllDeclaration':
            this.exportDeclaration(node);
        }
    }

    // an await ends with its cell: what was interrupted does not go on

    awaits() {
        for (const node of this.found.awaits) {
            if (node.type === 'AwaitExpression') {
                this.edits.replace(node.start, node.start + 'await'.length,
                                   `await ${CELL}.wait(${this.number},`);
                this.edits.insert(node.end, ')');
            } else {
                this.edits.insert(node.right.start,
                                  `${CELL}.each(${this.number}, (`);
                this.edits.insert(node.right.end, '))');
            }
        }
    }

    references() {
        for (const node of this.found.imports) {
            this.edits.replace(node.start, node.start + 'import'.length,
                               `${CELL}.import`);
        }

        for (const node of this.found.metas) {
            this.edits.replace(node.start, node.end, `${CELL}.meta`);
        }
    }

    // in an array, as a promise that is the value is not awaited here

    value([node, isListed]) {
        const text = this.code.slice(node.start, node.end);

        this.edits.insert(node.start, `${isListed ? ';' : ''}return [(`);
        this.edits.insert(node.end - (text.endsWith(';') ? 1 : 0), ')]');
    }

    script() {
        const values = tails(this.tree.body, true);

        this.awaits();
        this.references();

        for (const node of this.tree.body) {
            this.statement(node);
        }

        for (const [node, parent] of this.found.vars) {
            this.inner(node, parent);
        }

        const made = { code: null, offset: 0, names: [...this.declared],
                       isValued: values.length > 0, isWrapped: this.wrapped };

        if (!this.wrapped) {
            made.code = this.edits.apply();
            return made;
        }

        for (const v of values) {
            this.value(v);
        }

        const hoisted = this.functions.map((f) => `globalThis.${f} = ${f};`);
        const prefix = (made.names.length ? `var ${made.names.join(', ')};`
                                          : '')
            + `(async () => {${hoisted.join('')}`;

        made.offset = prefix.length;
        made.code = `${prefix}${this.edits.apply()}\n})`;

        return made;
    }
}


// what has no value, and compilers of TypeScript put at the end

function isIdle(node) {
    return node.type === 'EmptyStatement'
        || node.type === 'ExportNamedDeclaration' && !node.declaration
        || node.type === 'VariableDeclaration' && node.kind === 'var'
            && node.declarations.every((d) => d.init === null);
}


// The expressions whose value is that of the statements: [node, isListed].
// A loop has none.

function tails(list, isListed) {
    const node = list.findLast((n) => n && !isIdle(n));

    switch (node?.type) {

    case 'ExpressionStatement':
        return [[node, isListed]];

    case 'ExportDefaultDeclaration':
        return /^(Function|Class)/.test(node.declaration.type) ? []
            : [[node.declaration, true]];

    case 'BlockStatement':
        return tails(node.body, true);

    case 'LabeledStatement':
        return tails([node.body], false);

    case 'IfStatement':
        return [...tails([node.consequent], false),
                ...tails([node.alternate], false)];

    case 'TryStatement':
        return [...tails(node.block.body, true),
                ...tails(node.handler?.body.body ?? [], true)];

    default:
        return [];
    }
}


// import attributes, which the parser does not know yet

function withAttributes(acorn) {
    const { _with, comma, parenR } = acorn.tokTypes;

    return acorn.Parser.extend((Parser) => class extends Parser {

        parseDynamicImport(node) {
            this.next();
            node.source = this.parseMaybeAssign();

            if (this.eat(comma) && this.type !== parenR) {
                node.options = this.parseMaybeAssign();
                this.eat(comma);
            }

            this.expect(parenR);

            return this.finishNode(node, 'ImportExpression');
        }

        parseImport(node) {
            this.importing = node;
            return super.parseImport(node);
        }

        semicolon() {
            const isImport = this.importing?.source;

            if (isImport) {
                this.importing = null;

                if (this.eat(_with)) {
                    this.parseExprAtom();
                }
            }

            super.semicolon();
        }
    });
}


let parser = null;

function parse(acorn, code) {
    parser ??= withAttributes(acorn);

    return parser.parse(code, {
        ecmaVersion: 'latest',
        sourceType: 'script',
        allowAwaitOutsideFunction: true,
        allowImportExportEverywhere: true,
        allowHashBang: true,
    });
}


// A cell such as { a, b } is an object, as in node's own prompt.

function object(acorn, code) {
    if (!/^\s*\{/.test(code) || !/\}\s*$/.test(code)) {
        return null;
    }

    try {
        return parse(acorn, `(${code}\n)`);
    } catch {
        return null;
    }
}


// number: of the cell. Throws an error of the parser, with its position as pos.

function transform(acorn, code, number) {
    const tree = object(acorn, code);

    if (tree?.body.length === 1
        && tree.body[0].expression?.type === 'ObjectExpression')
    {
        const made = new Cell(tree, `(${code}\n)`, number).script();

        made.offset++;

        return made;
    }

    return new Cell(parse(acorn, code), code, number).script();
}


module.exports = { transform };
