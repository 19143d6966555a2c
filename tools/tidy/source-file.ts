/**
 * One TypeScript file, parsed: imports, exports with their comments, functions with their lengths, names that are used.
 * Invariant: lines are counted from 1.
 */
import { posix } from 'node:path';
import { parseSync, Visitor, type Comment, type Node, type Program, type StaticImport } from 'oxc-parser';

/** An import or a re-export, of a value or a type. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file of the project that it names, or undefined for a package. */
  readonly path: string | undefined;
  readonly line: number;
}

/** A name that a file exports. */
export interface Export {
  readonly name: string;
  readonly line: number;
  readonly hasDocComment: boolean;
}

/** Something with a body. */
export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lineCount: number;
}

/** A name where it is used. */
export interface NameUse {
  /** `Atomics`, `setTimeout`, `Date.now`. */
  readonly name: string;
  readonly line: number;
}

/** A comment without its marks. */
export interface CommentText {
  readonly text: string;
  readonly line: number;
  readonly isDoc: boolean;
}

/** What the rules know of a file. */
export interface SourceFile {
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  /** Statements of the form `export … from`, with their lines. */
  readonly reExportLines: readonly number[];
  readonly functions: readonly FunctionSpan[];
  readonly nameUses: readonly NameUse[];
  readonly comments: readonly CommentText[];
  /** The comment that the file opens with, if it does. */
  readonly openingComment: CommentText | undefined;
  /** Every name that is declared or imported at the top level, or is a member of a class or an interface. */
  readonly declaredNames: ReadonlySet<string>;
}

/** Parses `text`. Throws if it is not TypeScript. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const lineOf = lineCounter(text);
  const commentTexts = comments.map((comment) => describeComment(comment, lineOf));
  const first = comments[0];
  const startsWithComment = first !== undefined && text.slice(0, first.start).replace(/^#!.*/, '').trim() === '';
  const isDocumented = (start: number): boolean =>
    comments.some(
      (comment) => isDocComment(comment) && comment.end <= start && text.slice(comment.end, start).trim() === '',
    );
  return {
    path,
    lineCount: text.trimEnd().split('\n').length,
    imports: findImports(path, module.staticImports, program, lineOf),
    exports: findExports(program, lineOf, isDocumented),
    reExportLines: program.body.filter(isReExport).map(({ start }) => lineOf(start)),
    ...inspectNodes(program, lineOf),
    comments: commentTexts,
    openingComment: startsWithComment ? commentTexts[0] : undefined,
  };
}

type LineOf = (offset: number) => number;

function lineCounter(text: string): LineOf {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function isDocComment({ type, value }: Comment): boolean {
  return type === 'Block' && value.startsWith('*');
}

function describeComment(comment: Comment, lineOf: LineOf): CommentText {
  const isDoc = isDocComment(comment);
  const lines = (isDoc ? comment.value.slice(1) : comment.value)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''));
  return { text: lines.join('\n').trim(), line: lineOf(comment.start), isDoc };
}

function findImports(path: string, staticImports: StaticImport[], program: Program, lineOf: LineOf): Import[] {
  const found = staticImports.map(({ moduleRequest }) => ({
    specifier: moduleRequest.value,
    start: moduleRequest.start,
  }));
  for (const statement of program.body) {
    if (isReExport(statement)) found.push({ specifier: statement.source.value, start: statement.start });
  }
  new Visitor({
    ImportExpression({ source, start }) {
      if (source.type === 'Literal' && typeof source.value === 'string') found.push({ specifier: source.value, start });
    },
    TSImportType({ source, start }) {
      found.push({ specifier: source.value, start });
    },
  }).visit(program);
  return found.map(({ specifier, start }) => ({
    specifier,
    path: resolveImport(path, specifier),
    line: lineOf(start),
  }));
}

function resolveImport(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#src/')) return toSource(`src/${specifier.slice('#src/'.length)}`);
  if (!specifier.startsWith('.')) return undefined;
  return toSource(posix.join(posix.dirname(from), specifier));
}

function toSource(path: string): string {
  return path.replace(/\.js$/, '.ts');
}

type ReExport = Extract<Program['body'][number], { source: unknown }> & { source: { value: string } };

function isReExport(statement: Program['body'][number]): statement is ReExport {
  if (statement.type === 'ExportAllDeclaration') return true;
  return statement.type === 'ExportNamedDeclaration' && statement.source !== null;
}

function findExports(program: Program, lineOf: LineOf, isDocumented: (start: number) => boolean): Export[] {
  const exports = new Map<string, Export>();
  const add = (name: string, start: number): void => {
    // Overloads, and a constant with the type of its values, are one name: one comment will do.
    const hasDocComment = isDocumented(start) || (exports.get(name)?.hasDocComment ?? false);
    exports.set(name, { name, line: lineOf(start), hasDocComment });
  };
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') add('default', statement.start);
    if (statement.type !== 'ExportNamedDeclaration' || statement.source !== null) continue;
    for (const name of statement.declaration === null ? [] : declaredBy(statement.declaration))
      add(name, statement.start);
    for (const { local } of statement.specifiers) {
      const name = 'name' in local ? local.name : local.value;
      const declaration = program.body.find((other) => declaredBy(other).includes(name));
      add(name, declaration?.start ?? statement.start);
    }
  }
  return [...exports.values()];
}

function declaredBy(node: Node): string[] {
  if (node.type === 'VariableDeclaration')
    return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
  if ('id' in node && node.id !== null && typeof node.id === 'object' && 'name' in node.id) return [node.id.name];
  return [];
}

function inspectNodes(program: Program, lineOf: LineOf): Pick<SourceFile, 'functions' | 'nameUses' | 'declaredNames'> {
  const functions: FunctionSpan[] = [];
  const nameUses: NameUse[] = [];
  const declaredNames = new Set<string>();
  const addFunction = (node: { start: number; end: number; id?: { name: string } | null }): void => {
    const line = lineOf(node.start);
    functions.push({ name: node.id?.name ?? 'a function', line, lineCount: lineOf(node.end) - line + 1 });
  };
  const declare = (node: Node): void => declaredBy(node).forEach((name) => declaredNames.add(name));
  const declareMember = ({ key }: { key: Node }): void => {
    if ('name' in key && typeof key.name === 'string') declaredNames.add(key.name);
  };
  new Visitor({
    FunctionDeclaration(node) {
      addFunction(node);
      declare(node);
    },
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
    VariableDeclaration: declare,
    ClassDeclaration: declare,
    TSInterfaceDeclaration: declare,
    TSTypeAliasDeclaration: declare,
    MethodDefinition: declareMember,
    PropertyDefinition: declareMember,
    TSPropertySignature: declareMember,
    TSMethodSignature: declareMember,
    Property: declareMember,
    ImportDeclaration: (node) => node.specifiers.forEach(({ local }) => declaredNames.add(local.name)),
    Identifier: ({ name, start }) => nameUses.push({ name, line: lineOf(start) }),
    MemberExpression({ object, property, start }) {
      if (object.type !== 'Identifier' || property.type !== 'Identifier') return;
      nameUses.push({ name: `${object.name}.${property.name}`, line: lineOf(start) });
    },
  }).visit(program);
  return { functions, nameUses, declaredNames };
}
