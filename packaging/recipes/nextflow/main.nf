// All bones of a list, in shards: nextflow run main.nf --root /srv/microct --list list.txt --out results --shards 100
//
// Rows so far are kept in OUT/shards/HASH/I.csv.part, so that a task that was killed goes on; -resume does only what is missing.
nextflow.enable.dsl = 2

params.root = '.'
params.list = null
params.out = 'results'
params.shards = 100
params.args = ''

// With sizes, so that shards stay the same.
process LIST {
	input: path list
	output: path 'list.csv'
	script:
	"""
	here=\$PWD
	cd '${file(params.root)}'
	gppi list "\$here/$list" -o "\$here/list.csv"
	"""
}

// Status 1 tells that some bones failed, which the table says too.
process SHARD {
	cpus 1
	memory { 2.GB * task.attempt }
	time { 4.h * task.attempt }
	errorStrategy { task.attempt <= 3 ? 'retry' : 'finish' }
	maxRetries 3

	input: tuple val(i), path(list)
	output: path "${i}.csv"
	script:
	"""
	here=\$PWD
	# tables of another list, other options or other shards are not taken for these
	of=\$({ cat "$list"; printf '%s\\n' '${params.args}' '${params.shards}'; } | md5sum | cut -c 1-12)
	table='${file(params.out)}'/shards/\$of/${i}.csv
	mkdir -p "\$(dirname "\$table")"
	cd '${file(params.root)}'
	[ -e "\$table" ] || gppi detect --list "\$here/$list" --shard ${i}/${params.shards} --threads ${task.cpus} \
		--csv="\$table" --resume --quiet --no-progress ${params.args} >/dev/null || [ -e "\$table" ]
	cp "\$table" "\$here/${i}.csv"
	"""
}

// Status 1: see failed.csv, which is itself a list for another run.
process MERGE {
	publishDir params.out, mode: 'copy'

	input:
	path list
	path tables
	output:
	path 'planes.csv'
	path 'failed.csv'
	script:
	"""
	gppi merge --list $list --failed failed.csv -o planes.csv ${(1..(params.shards as int)).collect { "${it}.csv" }.join(' ')} || [ -e planes.csv ]
	"""
}

workflow {
	list = LIST(file(params.list, checkIfExists: true)).first()
	shards = Channel.from(1..(params.shards as int))
	MERGE(list, SHARD(shards.combine(list)).collect())
}
