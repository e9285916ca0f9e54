"""What is said to a request: who may not, what an upload or a body has wrong, and what was expected."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

TEMPLATES = (
    # who may do what
    _("A second person must decide: you trained this model or brought its data."),
    _("A second person must decide: you declared or brought these data."),
    _("A second person must decide: you submitted this job or brought its data."),
    _("A second person must decide: you made this artifact."),
    _("Who proposed it takes it back; a reviewer rejects it."),
    _("None of these trainings has a model that you may use."),
    _("Somebody else decided on this first, or it no longer waits for anybody."),
    _("There is no decision '%(name)s'."),
    _("There is no policy '%(name)s'."),
    _("No worker can do what this policy asks for: %(why)s."),
    _("A pattern has at most %(most)s * and something beside them, not %(got)s."),
    _("Say at least one word or pattern."),
    _("Project %(project)s has not set a policy '%(name)s'."),
    _("It was withdrawn on %(day)s: %(because)s"),
    _("Artifacts of this job were withdrawn, and its archive and sheet show them: fetch the others one by one."),
    _("It was withdrawn already."),
    _("This needs the role %(role)s in project %(project)s."),
    _("There is no such project, or you are not a member of it."),
    _("You are not a member of any project."),
    _("Too late: the job is being cancelled."),
    _("Too late: the job is %(state)s."),
    _("The job cannot become %(state)s."),
    _("A version that is %(state)s cannot become %(to)s."),
    _("Say why."),
    _("The text is too long."),
    _("The text has the character NUL, which cannot be kept."),
    # what a file that came back turned out to be
    _("The archive is byte for byte that of job %(job)s."),
    _("in the archive changed: %(names)s"),
    _("in the archive added: %(names)s"),
    _("in the archive removed: %(names)s"),
    _("The model %(model)s was revoked on %(day)s: %(comment)s"),  # as verdicts said it before they named who
    _("The archive is byte for byte one that this platform made."),
    _("The model that made it was revoked."),
    # why an upload could not be read
    _("The zip archive is damaged or incomplete."),
    _("The zip archive holds no files."),
    _("The zip archive holds too many files."),
    _("The zip archive unpacks to far more than it should."),
    _("The archive holds no files."),
    _("This is not an upload of pictures."),
    _("The upload holds no pictures."),
    _("Nothing in %(name)s can be used (%(count)s found unfit)."),
    _("A data set needs at least two different pictures."),
    _("Every picture is of one shade only: there is nothing to learn."),
    _("The window's white must be above its black."),
    _("The upload holds no text."),
    _("The text is too short to hold a part of it out."),
    _("The texts have more different characters than a model can be built for."),
    _("The texts are more than one data set may have."),
    _("The text has characters that the data do not have."),
    _("The file is too large."),
    # what was expected of a file
    _("2 different pictures in a class"),
    _("at least 2 files"),
    _("a PNG, JPEG, WebP, BMP, GIF or TIFF picture"),  # as it was said before DICOM
    _("a PNG, JPEG, WebP, BMP, GIF, TIFF or DICOM picture"),
    _("at least %(least)s px a side, for %(size)s px enlarged at most %(times)s times"),
    _("two classes or more, each a folder of its own; the pictures count as without class"),
    _("pictures that show something; deep ones may need another mapping (window, percentiles)"),
    _("%(count)s pictures of one shade"),
    _("values of 0..1, -1..1, 0..255 or 0..65535, or another mapping (window, percentiles)"),
    _("no writing in the picture: Burned In Annotation (0028,0301) NO, or absent"),
    _("pixels that are not packed, or packed as RLE, JPEG (8 bits) or JPEG 2000"),
    _("a whole DICOM file"),
    _("a text file, or a zip or folder of text files"),
    _("a text file"),
    _("a text"),
    _("text in an encoding that is certain; name it in `encoding`"),
    _("text in %(encoding)s; name another `encoding`"),
    _("plain text: no control characters but line breaks and tabs; save documents as text first"),
    _("at most %(count)s combining marks on one character"),
    _("at least %(count)s characters, or 2 different documents"),
    _("at most %(count)s different characters"),
    _("characters of the data: %(characters)s"),
    # what was sent
    _("Project %(project)s has a data set called '%(name)s'."),
    _("The declaration must say its %(part)s."),
    _("Send a file, or name a built-in set."),
    _("Send a file, or name an upload."),
    _("The upload was given up: for a day no byte of it came."),
    _("The file has not arrived whole."),
    _("Another piece of this upload is being written."),
    _("Too many uploads of yours are not finished or not used yet."),
    _("The file is empty."),
    _("The file is larger than this platform takes."),
    _("%(name)s: this kind of file is not read."),
    _("The seed is a whole number."),
    _("A visible label does not fit on so small a picture."),
    _("Only pictures can carry a visible label."),
    _("%(name)s: '%(got)s' is not of type '%(type)s'"),
    _("%(name)s: %(got)s is greater than the maximum of %(bound)s"),
    _("%(name)s: %(got)s is less than the minimum of %(bound)s"),
    _("%(name)s: %(got)s is less than or equal to the minimum of %(bound)s"),
    _("%(name)s: %(got)s is greater than or equal to the maximum of %(bound)s"),
    _("%(name)s: this is not written as it has to be."),
    _("%(name)s: this text is too long."),
    _("%(name)s: this text is too short."),
    _("%(name)s: these are too many."),
    _("%(name)s: these are too few."),
    _("at least %(count)s characters"),
    _("No worker offers a %(kind)s called '%(name)s'."),
    _("%(family)s does not train on %(modality)s data."),
    _("There are too few pictures to learn from: %(there)s, without those held out. Bring a data set of more."),
    _("%(family)s does not train on items of shape %(shape)s."),
    _("%(family)s hands out real items: its models are measured, never released as generated."),
    _("%(version)s is %(state)s."),
    _("The input '%(role)s' is missing."),
    _("All inputs of a job belong to its project, and so do the jobs it comes after."),
    _("%(job)s is %(state)s: try that job again first, or submit without it."),
    # what a job is asked for
    # models held against data
    _("Models of this family cannot say how unusual an item is."),
    _("a model that inspects"),
    _("a model that inspects, such as a vae"),
    _("The data are not like those that the model was trained on."),
    _("The data have no such class."),
    _(
        "No normal item of the reference is held out, so nothing says what is usual: name a reference with more normal "
        "items."
    ),
    _("The model has no such figure."),
    _("The model was told no classes while it learned: leave %(name)s as it is, or train one on data with classes."),
    _("%(count)s unseen normal items are too few for the quantile %(quantile)s"),
    _("the items inspected are those that the threshold comes from"),
    # what a training begins with
    _("Adapters change attention, and this network has none: learn all weights, by an adapter_rank of 0."),
    _("%(name)s is of trainings that go on from a model: name a parent, or leave it as it is."),
    _("A pattern of `freeze` is the name of no weight."),
    _("With these patterns no weight is left to learn: freeze fewer."),
    _("fewer than all %(count)s weights"),
    _("The parent model has networks of another shape."),
    _("The parent model has weights that are no numbers (NaN): go on from another version, or from none."),
    _("The saved state has weights that are no numbers (NaN). Clone the job: the copy starts afresh."),
    _("The model gives figures that are no numbers (NaN or infinite): it is broken. Take another version of it."),
    _("A figure came out as no number (NaN or infinite): the model or the data that it is of are broken."),
    _("a finite number"),
    _("%(name)s is %(value)s at step %(step)s: left out"),
    _("numbers"),
    _("NaN in %(name)s"),
    _("%(name)s is NaN at step %(step)s."),
    _("Nothing can be measured while this training goes on: leave evaluate_every at 0 and keep at last."),
    _("a metric for %(modality)s, and %(count)s unseen items"),
    _("%(count)s unseen items"),
    _(
        "The samples have become nearly the same: at step %(step)s they differ %(share)s as much as the data do, "
        "at step %(best_step)s it was %(best)s. Kept is the checkpoint of step %(sound_step)s. "
        "Train again with a lower learning rate, another seed, or fewer steps."
    ),
    _(
        "The samples have become nearly the same: at step %(step)s they differ %(share)s as much as the data do, "
        "at step %(best_step)s it was %(best)s. No checkpoint is kept. "
        "Train again with a lower learning rate, another seed, or fewer steps."
    ),
    _(
        "Loss '%(name)s' is %(value)s at step %(step)s. Kept is the checkpoint of step %(sound_step)s. "
        "Train again with a lower learning rate, or in single precision (fp32)."
    ),
    _(
        "Loss '%(name)s' is %(value)s at step %(step)s. No checkpoint is kept. "
        "Train again with a lower learning rate, or in single precision (fp32)."
    ),
    _(
        "%(name)s is NaN at step %(step)s. Kept is the checkpoint of step %(sound_step)s. "
        "Train again with a lower learning rate, or in single precision (fp32)."
    ),
    _(
        "%(name)s is NaN at step %(step)s. No checkpoint is kept. "
        "Train again with a lower learning rate, or in single precision (fp32)."
    ),
    _("%(size)s classes"),
    # what measures a model
    _("The network that reads pictures is not installed on this worker: install requirements.lock."),
    _("The weights of the feature network are not the known ones."),
    _("%(name)s is no network that KILNMARK_INCEPTION can name."),
    _("KILNMARK_INCEPTION names a file that is not there."),
    _("the path of an ONNX file, or nothing"),
    _("an ONNX file with one float input (batch, 3, height, width) whose first output is (batch, features)"),
    _("The model makes no classes on demand, so what it makes has no labels to learn from."),
    _("a model with a class to choose"),
    _("one without"),
    _("Too few real items."),
    _("Too few made items."),
    _("No picture has that many channels."),
    _("1, 3 or 4 channels"),
    _("This feature network names no classes."),
    _("the bundled network"),
    _("There are no two items to compare."),
    _("Too few items for that many neighbours."),
    _("There are no pictures among the fields."),
    _("The data have no classes to tell apart."),
    _("There is no text among the fields."),
    _("The texts are too short for trigrams."),
    _("%(family)s brings no item back from what it remembers."),
    _("a model that reconstructs"),
    _("These parameters make larger networks than can be exported: take smaller ones."),
    _("at most %(count)s weights"),
    _("%(owner)s has no parameter '%(name)s'."),
    _("The data of the model have no such class."),
    _("The data of the model have no classes."),
    _("The prompt leaves no room for anything to be made."),
    _("fewer than %(count)s characters"),
    _("Between two seeds of this model there is nothing: it makes its items piece by piece."),
    _("a model that makes all at once"),
    _("One job makes one kind of thing."),
    _("models of one modality"),
    _("There is one weight for each model."),
    _("The model was published without this path: leave it open, or take one that passed."),
    _("Weights are 0 or more, and at least one is more."),
    _("0 or more"),
    _("A sweep takes one control."),
    _("one control"),
    _("These are too many artifacts: the count is that of each value."),
    _("Either a sweep or a path between seeds."),
    _("A path between seeds has no number to begin at."),
    _("one of the two"),
    _("A path needs at least an item for each of its seeds."),
    _("at most %(count)s characters"),
    _("at most %(count)s"),
    _("at least %(count)s"),
    _("There are too few or too many values."),
    _("There are too few or too many seeds."),
    _("2 to 64 values"),
    _("2 to 64 seeds"),
    _("A training goes on from a model of its own family."),
    _("%(name)s decides the shape of a network: leave it out, and it is as in the parent model."),
    _(
        "The data have other characters or categories than those that the parent model learned from: train "
        "without a parent, or bring data that have the same."
    ),
    _(
        "The data have other fields than those that the parent model learned from: train without a parent, or "
        "bring data of the same fields."
    ),
    _("The input '%(role)s' is given twice."),
    _("The parameter '%(name)s' is given twice."),
    _("either %(short)s or inputs.%(name)s"),
    _(
        "This job has no input '%(role)s'. It works on one data set: bring both as one upload, or choose a "
        "method that takes two."
    ),
    _("This job has no input '%(role)s'."),
    _("This job takes no %(part)s."),
    _("This job takes more than one %(part)s: name them in inputs."),
    _("An input is named by one id."),
    _("one id"),
    _("%(id)s is a %(part)s; this input takes a %(why)s."),
    _("The log's tree does not hold it yet; ask again in a few seconds."),
    _("No signed head of the log covers it yet; ask again within a minute."),
)
